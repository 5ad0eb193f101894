//! `/api/limits`: each limit with its settings, the routes that have it, and what was decided.

use serde_json::{Map, Value, json};
use supplex_engine::config::{Limit, Snapshot, words};
use supplex_engine::stats::{LimitDecision, LimitSource};

use super::super::Sidecar;
use super::super::limits::report;
use super::super::registry::Registry;

pub(super) fn document(sidecar: &Sidecar) -> Value {
    let (snapshot, registry) = (sidecar.snapshot(), sidecar.registry.borrow());
    let each = snapshot.limits.iter().enumerate();
    let limits: Vec<_> = each
        .map(|(index, limit)| {
            let mut document = show(limit);
            if let Some(document) = document.as_object_mut() {
                document.insert("routes".into(), routes(index, &snapshot));
                document.insert("decisions".into(), decisions(limit, &registry));
            }
            document
        })
        .collect();
    let store = report::document(&sidecar.limits);
    json!({ "generation": snapshot.generation, "store": store, "limits": limits })
}

/// The settings, as in the configuration.
pub(super) fn show(limit: &Limit) -> Value {
    json!({
        "name": limit.name,
        "rate": words::rate(limit.rate),
        "burst": limit.burst,
        "key": words::key_source(&limit.key),
        "store": words::store(limit.store),
        "mode": words::limit_mode(limit.mode),
        "precision": words::precision(limit.precision),
        "on_store_error": words::on_store_error(limit.on_store_error),
        "exempt": limit.exempt.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn routes(limit: usize, snapshot: &Snapshot) -> Value {
    let routes = snapshot.routes.iter().filter_map(|route| {
        let used = route.limits.iter().find(|used| used.limit.index() == limit)?;
        Some(json!({ "route": route.name, "cost": used.cost }))
    });
    routes.collect()
}

/// Sums over all workers, by decision and source.
fn decisions(limit: &Limit, registry: &Registry) -> Value {
    let sums = LimitDecision::ALL.iter().map(|(decision, word)| {
        let sources: Map<String, Value> = LimitSource::ALL
            .iter()
            .map(|(source, word)| {
                ((*word).to_owned(), json!(registry.limit_decisions(&limit.name, *decision, *source)))
            })
            .collect();
        ((*word).to_owned(), Value::Object(sources))
    });
    Value::Object(sums.collect())
}
