//! A histogram with fixed bounds, as Prometheus wants it.

use super::Counter;

/// Upper bounds in nanoseconds of the buckets of request and upstream durations.
pub const DURATION_BOUNDS: &[u64] = &[
    100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000,
    250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
];

/// Upper bounds in nanoseconds of the buckets of the gateway's own share; from 25 us, as the contract asks.
pub const OVERHEAD_BOUNDS: &[u64] = &[
    25_000, 50_000, 75_000, 100_000, 150_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 50_000_000,
];

/// The most buckets a histogram can have, the one above every bound included.
const BUCKETS_MOST: usize = 20;
const _: () = assert!(DURATION_BOUNDS.len() < BUCKETS_MOST && OVERHEAD_BOUNDS.len() < BUCKETS_MOST);

/// Counts of observations by bucket, with their sum. One writer.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// One per bound, and one for what is above the last. Inline, so that a block is one piece of memory.
    buckets: [Counter; BUCKETS_MOST],
    sum: Counter,
}

impl Histogram {
    /// An empty histogram over `bounds`, which ascend and are fewer than 20.
    ///
    /// # Panics
    /// When there are too many bounds.
    #[must_use]
    pub fn new(bounds: &'static [u64]) -> Self {
        assert!(bounds.len() < BUCKETS_MOST, "a histogram has at most {BUCKETS_MOST} buckets");
        Self { bounds, buckets: Default::default(), sum: Counter::default() }
    }

    /// Counts one observation, in nanoseconds.
    pub fn observe(&self, nanos: u64) {
        let bucket = self.bounds.partition_point(|bound| *bound < nanos);
        if let Some(counter) = self.buckets.get(bucket) {
            counter.increment();
        }
        self.sum.add(nanos);
    }

    /// The bounds in nanoseconds.
    #[must_use]
    pub fn bounds(&self) -> &'static [u64] {
        self.bounds
    }

    /// The count of each bucket (not cumulative); the last is what was above every bound.
    pub fn counts(&self) -> impl Iterator<Item = u64> + '_ {
        self.buckets.iter().take(self.bounds.len() + 1).map(Counter::get)
    }

    /// The sum of all observations in nanoseconds.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_own_bucket() {
        let histogram = Histogram::new(&[10, 20]);
        for nanos in [0, 10, 11, 20, 21, u64::MAX / 2] {
            histogram.observe(nanos);
        }
        assert_eq!(histogram.counts().collect::<Vec<_>>(), [2, 2, 2]);
    }
}
