//! A histogram with fixed bounds, added up over the blocks of all workers.

use supplex_engine::stats::Histogram;

/// A histogram added up over blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HistogramSum {
    /// Upper bounds in nanoseconds.
    pub(crate) bounds: &'static [u64],
    /// Counts by bucket, not cumulative; the last is what was above every bound.
    pub(crate) counts: Vec<u64>,
    /// The sum of all observations in nanoseconds.
    pub(crate) sum: u64,
}

impl HistogramSum {
    /// Adds a block's histogram. All that are added must have the same bounds.
    pub(crate) fn add(&mut self, histogram: &Histogram) {
        self.bounds = histogram.bounds();
        self.counts.resize(self.bounds.len() + 1, 0);
        for (count, more) in self.counts.iter_mut().zip(histogram.counts()) {
            *count = count.wrapping_add(more);
        }
        self.sum = self.sum.wrapping_add(histogram.sum());
    }
}
