//! Which traces are recorded: decided at the head where a trace begins, and once more at the tail.
//!
//! At the head, whoever began the trace has decided, and everybody behind follows; of the traces that begin here a share is
//! sampled. At the tail, what went wrong or took long is kept although it was not sampled. By then upstreams were told that
//! it is not, so such a trace has the spans of the gateway alone.

use super::{TraceId, TraceParent};
use crate::config::Ratio;

/// The decision at the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampler {
    ratio: Option<Ratio>,
    /// Traces whose number is below this, of 2^63, are sampled.
    below: u64,
}

/// Why the spans of an exchange are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The trace is sampled.
    Sampled,
    /// It is not, but the exchange failed.
    Error,
    /// It is not, but the exchange took long.
    Slow,
}

impl Sampler {
    /// Samples this share of the traces that begin here; `None` samples none of them.
    #[must_use]
    pub fn new(ratio: Option<Ratio>) -> Self {
        // A product of at most 2^63 with 53 bits that count; as the SDKs of OpenTelemetry do it (TraceIdRatioBased), so
        // that all who are asked about a trace with the same share say the same.
        let below = ratio.map_or(0, |ratio| (ratio.share() * (1_u64 << 63) as f64) as u64);
        Self { ratio, below }
    }

    /// The share.
    #[must_use]
    pub fn ratio(self) -> Option<Ratio> {
        self.ratio
    }

    /// Whether a request's trace is sampled: as the parent says, if there is one.
    #[must_use]
    pub fn samples(self, trace: TraceId, parent: Option<TraceParent>) -> bool {
        parent.map_or_else(|| (trace.number() as u64) >> 1 < self.below, |parent| parent.flags.sampled())
    }
}

impl Kept {
    /// The decision at the tail; `None` when the spans are not worth keeping. Times are in nanoseconds.
    #[must_use]
    pub fn judge(sampled: bool, failed: bool, duration: u64, slow_after: u64) -> Option<Self> {
        match (sampled, failed) {
            (true, _) => Some(Kept::Sampled),
            (false, true) => Some(Kept::Error),
            (false, false) => (duration >= slow_after).then_some(Kept::Slow),
        }
    }

    /// The word in spans.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kept::Sampled => "sampled",
            Kept::Error => "error",
            Kept::Slow => "slow",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Flags, SpanId};

    fn sampler(share: f64) -> Sampler {
        Sampler::new(Ratio::new(share))
    }

    fn trace(low: u64) -> TraceId {
        TraceId::new((0xabcd_u128 << 64) | u128::from(low)).unwrap()
    }

    #[test]
    fn a_trace_that_begins_here_is_sampled_by_the_low_bits_of_its_id() {
        assert!(sampler(1.0).samples(trace(u64::MAX), None) && sampler(1.0).samples(trace(0), None));
        assert!(!Sampler::new(None).samples(trace(0), None));
        let half = sampler(0.5);
        assert!(half.samples(trace((1 << 63) - 1), None));
        assert!(!half.samples(trace(1 << 63), None));
    }

    #[test]
    fn a_parent_has_decided() {
        for (sampled, sampler) in [(true, sampler(0.000_001)), (false, sampler(1.0)), (true, Sampler::new(None))] {
            let parent = TraceParent {
                trace: trace(u64::MAX),
                span: SpanId::random(7),
                flags: Flags::default().with_sampled(sampled),
            };
            assert_eq!(sampler.samples(parent.trace, Some(parent)), sampled);
        }
    }

    #[test]
    fn about_the_share_of_many_is_sampled() {
        let sampler = sampler(0.1);
        let numbers = (0..100_000).map(|seed| trace(crate::hash::scramble(seed)));
        let sampled = numbers.filter(|id| sampler.samples(*id, None)).count();
        assert!((9_500..10_500).contains(&sampled), "{sampled}");
    }

    #[test]
    fn what_failed_or_took_long_is_kept() {
        assert_eq!(Kept::judge(true, true, 9, 5), Some(Kept::Sampled));
        assert_eq!(Kept::judge(false, true, 9, 5), Some(Kept::Error));
        assert_eq!(Kept::judge(false, false, 5, 5), Some(Kept::Slow));
        assert_eq!(Kept::judge(false, false, 4, 5), None);
    }
}
