//! The breakers as metrics. Upstreams whose breakers are off have none.

use prometheus::proto::{MetricFamily, MetricType};
use supplex_engine::config::{BreakerMode, Snapshot};
use supplex_engine::stats::names;
use supplex_engine::upstream::breaker::{Move, Phase};

use super::super::registry::Registry;
use super::family::{Family, counter, gauge};

pub(super) fn families(snapshot: &Snapshot, registry: &Registry) -> Vec<MetricFamily> {
    let mut states = Family::new(names::BREAKER_STATE, MetricType::GAUGE);
    let mut transitions = Family::new(names::BREAKER_TRANSITIONS, MetricType::COUNTER);
    for upstream in &snapshot.upstreams {
        if upstream.breaker.as_ref().is_none_or(|breaker| breaker.mode == BreakerMode::Off) {
            continue;
        }
        let Some(entry) = registry.upstream(&upstream.name) else { continue };
        for (endpoint, breaker) in &entry.breakers {
            let labels = [("upstream", &*upstream.name), ("endpoint", endpoint)];
            states.push(&labels, gauge(number(breaker.state().phase)));
            for which in Move::ALL {
                let (to, cause) = which.words();
                transitions.push(&[labels[0], labels[1], ("to", to), ("cause", cause)], counter(breaker.moves(which)));
            }
        }
    }
    [states, transitions].map(Family::finish).into()
}

/// The value of the state's metric.
fn number(phase: Phase) -> u64 {
    match phase {
        Phase::Closed { .. } | Phase::ForcedClosed => 0,
        Phase::HalfOpen { .. } => 1,
        Phase::Open { .. } | Phase::ForcedOpen => 2,
    }
}
