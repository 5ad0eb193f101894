//! The families of tokens and the keys that they are checked with.

use prometheus::proto::{MetricFamily, MetricType};
use supplex_engine::stats::{AuthDecision, names};

use super::super::Sidecar;
use super::super::registry::Registry;
use super::family::{Family, counter, gauge};

pub(super) fn families(sidecar: &Sidecar, registry: &Registry) -> [MetricFamily; 3] {
    let mut decisions = Family::new(names::AUTH_DECISIONS, MetricType::COUNTER);
    let mut keys = Family::new(names::AUTH_KEYS, MetricType::GAUGE);
    let mut fetches = Family::new(names::AUTH_KEY_FETCHES, MetricType::COUNTER);
    for auth in registry.auth() {
        for (decision, word) in AuthDecision::ALL {
            let count = registry.auth_decisions(auth, decision);
            decisions.push(&[("auth", auth), ("decision", word)], counter(count));
        }
        let known = sidecar.auth.look(auth, |record| {
            (record.set.as_ref().map_or(0, |set| set.keys.len() as u64), record.loaded, record.failed)
        });
        let (count, loaded, failed) = known.unwrap_or_default();
        keys.push(&[("auth", auth)], gauge(count));
        fetches.push(&[("auth", auth), ("result", "loaded")], counter(loaded));
        fetches.push(&[("auth", auth), ("result", "failed")], counter(failed));
    }
    [decisions, keys, fetches].map(Family::finish)
}
