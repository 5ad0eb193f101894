//! `/api/upstreams`: each upstream with its endpoints, and what became of attempts at them.

use serde_json::{Map, Value, json};
use supplex_engine::config::{Endpoint, Upstream};
use supplex_engine::stats::block::AttemptResult;

use super::super::Sidecar;
use super::super::registry::{Registry, UpstreamEntry};
use crate::config::scalar::word::balance_word;

pub(super) fn document(sidecar: &Sidecar) -> Value {
    let (snapshot, registry) = (sidecar.snapshot(), sidecar.registry.borrow());
    let upstreams: Vec<_> = snapshot.upstreams.iter().map(|upstream| show(upstream, &registry)).collect();
    json!({ "generation": snapshot.generation, "resolution": snapshot.resolution, "upstreams": upstreams })
}

fn show(upstream: &Upstream, registry: &Registry) -> Value {
    let entry = registry.upstream(&upstream.name);
    let sum = |read: fn(&supplex_engine::stats::UpstreamBlock) -> u64| -> u64 {
        entry.map_or(0, |entry| entry.own.iter().map(|block| read(block)).sum())
    };
    json!({
        "name": upstream.name,
        "balance": balance_word(upstream.balance),
        "in_flight": sum(|block| block.in_flight.get()),
        "max_in_flight": upstream.max_in_flight,
        "retries": { "success": sum(|block| block.retried.get()), "failure": sum(|block| block.retry_failed.get()) },
        "endpoints": upstream.endpoints.iter().map(|endpoint| show_endpoint(endpoint, entry)).collect::<Vec<_>>(),
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
        "results": results,
    })
}
