//! `/api/upstreams`: each upstream with its endpoints, and what became of attempts at them.

use httpdate::fmt_http_date;
use serde_json::{Map, Value, json};
use supplex_engine::config::{Endpoint, Upstream};
use supplex_engine::stats::block::{AttemptResult, HedgeResult};

use super::super::Sidecar;
use super::super::registry::{Registry, UpstreamEntry};
use crate::config::scalar::word::balance_word;

pub(super) fn document(sidecar: &Sidecar) -> Value {
    let (snapshot, registry) = (sidecar.snapshot(), sidecar.registry.borrow());
    let upstreams: Vec<_> = snapshot.upstreams.iter().map(|upstream| show(upstream, &registry, sidecar)).collect();
    json!({ "generation": snapshot.generation, "resolution": snapshot.resolution, "upstreams": upstreams })
}

fn show(upstream: &Upstream, registry: &Registry, sidecar: &Sidecar) -> Value {
    let entry = registry.upstream(&upstream.name);
    let sum = |read: fn(&supplex_engine::stats::UpstreamBlock) -> u64| -> u64 {
        entry.map_or(0, |entry| entry.own.iter().map(|block| read(block)).sum())
    };
    let endpoints = upstream.endpoints.iter().map(|endpoint| {
        let mut document = show_endpoint(endpoint, entry);
        document["health"] = show_health(&upstream.name, endpoint, sidecar);
        document
    });
    let hedges: Map<String, Value> = HedgeResult::ALL
        .into_iter()
        .map(|(result, word)| {
            let count: u64 = entry.map_or(0, |entry| entry.own.iter().map(|block| block.hedges(result).get()).sum());
            (word.to_owned(), json!(count))
        })
        .collect();
    json!({
        "name": upstream.name,
        "balance": balance_word(upstream.balance),
        "in_flight": sum(|block| block.in_flight.get()),
        "max_in_flight": upstream.max_in_flight,
        "adaptive": upstream.adaptive.and(entry).map(super::adaptive::show),
        "waiting": sum(|block| block.waiting.get()),
        "queue": { "max": upstream.queue.max, "timeout_seconds": upstream.queue.timeout.as_secs_f64() },
        "retries": {
            "success": sum(|block| block.retried.get()),
            "failure": sum(|block| block.retry_failed.get()),
            "budget_exhausted": sum(|block| block.retry_exhausted.get()),
        },
        "hedges": hedges,
        "retry_budget": {
            "ratio": f64::from(upstream.retry_budget.per_thousand) / 1_000.0,
            "min_per_second": upstream.retry_budget.min_per_second,
            "window_seconds": 10,
            "requests": sum(|block| block.budget_requests.get()),
            "retries": sum(|block| block.budget_retries.get()),
        },
        "panicking_workers": sum(|block| block.panicking.get()),
        "endpoints": endpoints.collect::<Vec<_>>(),
    })
}

fn show_endpoint(endpoint: &Endpoint, entry: Option<&UpstreamEntry>) -> Value {
    let address = endpoint.address.to_string();
    let blocks = entry.and_then(|entry| entry.endpoints.get(&*address)).map_or(&[][..], |blocks| blocks);
    let results: Map<String, Value> = AttemptResult::ALL
        .iter()
        .map(|(result, word)| {
            ((*word).to_owned(), json!(blocks.iter().map(|block| block.results(*result).get()).sum::<u64>()))
        })
        .collect();
    json!({
        "endpoint": endpoint.written,
        "address": address,
        "weight": endpoint.weight,
        "in_flight": blocks.iter().map(|block| block.in_flight.get()).sum::<u64>(),
        "pooled": blocks.iter().map(|block| block.pooled.get()).sum::<u64>(),
        "ejected_by_workers": blocks.iter().map(|block| block.ejected.get()).sum::<u64>(),
        "ejections": blocks.iter().map(|block| block.ejections.get()).sum::<u64>(),
        "results": results,
    })
}

/// What probes say, and why; `null` for an endpoint that is not probed.
pub(super) fn show_health(upstream: &str, endpoint: &Endpoint, sidecar: &Sidecar) -> Value {
    let Some(record) = sidecar.probes.record(upstream, &endpoint.address.to_string()) else { return Value::Null };
    let last = record.last.as_ref().map(|last| {
        json!({
            "at": fmt_http_date(last.at),
            "passed": last.failure.is_none(),
            "failure": last.failure,
            "took_seconds": last.took.as_secs_f64(),
        })
    });
    json!({
        "healthy": record.is_healthy(), "since": fmt_http_date(record.since), "why": record.why, "last_probe": last,
    })
}
