//! The adaptive limit of an upstream in the admin endpoint's documents: its rules, and where it stands.

use serde_json::{Value, json};
use supplex_engine::config::Adaptive;
use supplex_engine::stats::ConcurrencyBlock;

use super::super::registry::UpstreamEntry;

const NANOS: f64 = 1e9;

/// As in the configuration.
pub(super) fn show_settings(rules: &Adaptive) -> Value {
    json!({
        "min": rules.min,
        "max": rules.max,
        "window_seconds": rules.window.as_secs_f64(),
        "tolerance": rules.tolerance.times(),
        "remeasure_seconds": rules.remeasure.as_secs_f64(),
    })
}

/// Where the limit stands, and why. Latencies are `null` while they are not known.
pub(super) fn show(upstream: &UpstreamEntry) -> Value {
    let sum =
        |read: fn(&ConcurrencyBlock) -> u64| -> u64 { upstream.own.iter().map(|block| read(&block.concurrency)).sum() };
    let seconds = |nanos: u64| (nanos > 0).then(|| nanos as f64 / NANOS);
    json!({
        "limit": sum(|block| block.limit.get()),
        "min_latency_seconds": seconds(sum(|block| block.baseline.get())),
        "recent_latency_seconds": seconds(sum(|block| block.recent.get())),
        "measuring": sum(|block| block.measuring.get()) > 0,
        "samples": sum(|block| block.samples.get()),
        "arrivals": sum(|block| block.arrivals.get()),
        "held_back": sum(|block| block.pressed.get()),
    })
}
