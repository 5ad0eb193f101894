//! `/api/limits`: each limit with its settings, the routes that have it, and what was decided.

use serde_json::{Map, Value, json};
use supplex_engine::config::{KeySource, Limit, LimitMode, OnStoreError, Precision, Snapshot, Store};
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
    let key = match &limit.key {
        KeySource::ClientIp => "client_ip".to_owned(),
        KeySource::Header(name) => format!("header:{name}"),
        KeySource::Cookie(name) => format!("cookie:{name}"),
        KeySource::Claim(name) => format!("jwt:{name}"),
        KeySource::Route => "route".to_owned(),
        KeySource::Global => "global".to_owned(),
    };
    let unit = match limit.rate.period.as_secs() {
        60 => "m",
        3_600 => "h",
        86_400 => "d",
        _ => "s",
    };
    json!({
        "name": limit.name,
        "rate": format!("{}/{unit}", limit.rate.tokens),
        "burst": limit.burst,
        "key": key,
        "store": match limit.store {
            Store::Redis => "redis",
            Store::Local => "local",
        },
        "mode": match limit.mode {
            LimitMode::Enforce => "enforce",
            LimitMode::Shadow => "shadow",
        },
        "precision": match limit.precision {
            Precision::Lease => "lease",
            Precision::Exact => "exact",
        },
        "on_store_error": match limit.on_store_error {
            OnStoreError::Local => "local",
            OnStoreError::Open => "open",
            OnStoreError::Closed => "closed",
        },
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
