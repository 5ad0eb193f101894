//! The families of spans.

use prometheus::proto::{MetricFamily, MetricType};
use supplex_engine::stats::names;

use super::super::Sidecar;
use super::family::{Family, counter};

pub(super) fn families(sidecar: &Sidecar) -> [MetricFamily; 2] {
    let totals = sidecar.otlp.totals();
    let mut exported = Family::new(names::SPANS_EXPORTED, MetricType::COUNTER);
    exported.push(&[], counter(totals.exported.get()));
    let mut dropped = Family::new(names::SPANS_DROPPED, MetricType::COUNTER);
    let behind = sidecar.crew.iter().map(|member| member.block.span_drops.get()).sum();
    let causes = [
        ("queue_full", behind),
        ("failed", totals.failed.get()),
        ("rejected", totals.rejected.get()),
        ("shutdown", totals.cut.get()),
    ];
    for (cause, count) in causes {
        dropped.push(&[("cause", cause)], counter(count));
    }
    [exported, dropped].map(Family::finish)
}
