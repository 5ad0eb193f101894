//! The rules of `[telemetry]` about traces.

use supplex_engine::config::Traces;
use supplex_engine::trace::Sampler;

use crate::config::decode::At;
use crate::config::raw;

/// The part of the table that is about traces; `None` when a value was refused.
pub(super) fn check(raw: &raw::Telemetry) -> Option<Traces> {
    Some(Traces {
        collector: raw.otlp_endpoint.as_ref().map(|At { value, .. }| value.clone()),
        sampler: Sampler::new(raw.sample_ratio.as_ref()?.value.0),
        slow_after: raw.slow_after.as_ref()?.value.0,
    })
}
