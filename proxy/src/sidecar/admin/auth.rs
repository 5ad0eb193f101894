//! `/api/auth`: whose tokens are believed, with which keys, and what was decided. No key material is shown.

use httpdate::fmt_http_date;
use serde_json::{Map, Value, json};
use supplex_engine::config::{Auth, Snapshot};
use supplex_engine::stats::AuthDecision;

use super::super::Sidecar;
use super::super::auth::Record;
use crate::link::Key;

pub(super) fn document(sidecar: &Sidecar) -> Value {
    let (snapshot, registry) = (sidecar.snapshot(), sidecar.registry.borrow());
    let each = snapshot.auth.iter().enumerate().map(|(index, auth)| {
        let decisions: Map<String, Value> = AuthDecision::ALL
            .iter()
            .map(|(decision, word)| ((*word).to_owned(), json!(registry.auth_decisions(&auth.name, *decision))))
            .collect();
        json!({
            "settings": show(auth),
            "routes": routes(index, &snapshot),
            "keys": sidecar.auth.look(&auth.name, show_keys),
            "last_fetch": sidecar.auth.look(&auth.name, show_fetches),
            "decisions": decisions,
        })
    });
    json!({ "generation": snapshot.generation, "auth": each.collect::<Vec<_>>() })
}

/// The settings, as in the configuration.
pub(super) fn show(auth: &Auth) -> Value {
    let forward: Map<String, Value> =
        auth.forward.iter().map(|(field, claim)| (field.to_string(), json!(claim))).collect();
    json!({
        "name": auth.name,
        "jwks": auth.jwks.to_string(),
        "issuer": auth.issuer,
        "audience": auth.audience,
        "algorithms": auth.algorithms.iter().map(|algorithm| algorithm.word()).collect::<Vec<_>>(),
        "leeway_seconds": auth.leeway.as_secs_f64(),
        "refresh_seconds": auth.refresh.as_secs_f64(),
        "forward": forward,
    })
}

/// What a route asks for.
pub(super) fn show_asked(route: &supplex_engine::config::Route, snapshot: &Snapshot) -> Value {
    let asked = route.auth.and_then(|asked| Some((snapshot.auth.get(asked.auth.index())?, asked.optional)));
    asked.map_or(Value::Null, |(auth, optional)| json!({ "name": auth.name, "optional": optional }))
}

fn routes(auth: usize, snapshot: &Snapshot) -> Value {
    let routes = snapshot.routes.iter().filter_map(|route| {
        let asked = route.auth.filter(|asked| asked.auth.index() == auth)?;
        Some(json!({ "route": route.name, "optional": asked.optional }))
    });
    routes.collect()
}

fn show_keys(record: &Record) -> Value {
    let keys = record.set.as_ref().map_or(&[][..], |set| &set.keys);
    let show = |key: &Key| json!({ "kid": key.kid, "algorithms": key.algorithms.iter().map(|one| one.word()).collect::<Vec<_>>() });
    keys.iter().map(show).collect()
}

fn show_fetches(record: &Record) -> Value {
    json!({
        "at": record.tried_at.map(fmt_http_date),
        "failure": record.failure,
        "keys_loaded_at": record.loaded_at.map(fmt_http_date),
        "keys_ignored": record.ignored,
        "loaded": record.loaded,
        "failed": record.failed,
    })
}
