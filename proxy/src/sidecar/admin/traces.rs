//! `/api/traces`: which traces are recorded, where their spans go, and what became of them.

use httpdate::fmt_http_date;
use serde_json::{Value, json};
use supplex_engine::config::{Ratio, Traces};

use super::super::Sidecar;

pub(super) fn document(sidecar: &Sidecar) -> Value {
    let snapshot = sidecar.snapshot();
    let totals = sidecar.otlp.totals();
    let mut document = show(&snapshot.telemetry.traces);
    document["generation"] = json!(snapshot.generation);
    document["exported"] = json!(totals.exported.get());
    document["dropped"] = json!({
        "queue_full": sidecar.crew.iter().map(|member| member.block.span_drops.get()).sum::<u64>(),
        "failed": totals.failed.get(),
        "rejected": totals.rejected.get(),
        "shutdown": totals.cut.get(),
    });
    document["last_failure"] =
        json!(totals.last_failure().map(|failure| json!({ "at": fmt_http_date(failure.at), "why": failure.why })));
    document
}

/// The settings, as in the configuration.
pub(super) fn show(traces: &Traces) -> Value {
    json!({
        "otlp_endpoint": traces.collector.as_ref().map(supplex_engine::config::Collector::url),
        "sample_ratio": traces.sampler.ratio().map_or(0.0, Ratio::share),
        "slow_after_seconds": traces.slow_after.as_secs_f64(),
    })
}
