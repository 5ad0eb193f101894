//! Adding up what workers counted: one HdrHistogram for each phase.

use hdrhistogram::Histogram;
use supplex_engine::stats::latency::layout::{DIGITS, LONGEST, lowest_of};
use supplex_engine::stats::latency::{Delta, Phase};

/// Latencies in microseconds, by phase.
pub(super) struct Sum {
    phases: [Histogram<u64>; Phase::ALL.len()],
}

impl Sum {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self { phases: Phase::ALL.map(|_| empty()) }
    }

    /// Adds what was counted within a second.
    pub(super) fn add(&mut self, delta: &Delta) {
        for ((phase, _), sum) in Phase::ALL.iter().zip(&mut self.phases) {
            for (index, more) in delta.grown(*phase) {
                // The layout has no bucket that is outside the bounds.
                let _ = sum.record_n(lowest_of((*index).into()), (*more).into());
            }
        }
    }

    /// Every phase with its word and latencies.
    pub(super) fn phases(&self) -> impl Iterator<Item = (&'static str, &Histogram<u64>)> {
        Phase::ALL.iter().zip(&self.phases).map(|((_, word), sum)| (*word, sum))
    }
}

/// A histogram with the buckets of the layout.
///
/// # Panics
/// Never: these bounds are among those that a histogram can have.
fn empty() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST, DIGITS).expect("bounds that a histogram can have")
}
