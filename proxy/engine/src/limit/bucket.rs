//! The bucket: GCRA, which is a token bucket that needs one number.
//!
//! A bucket holds at most `burst` tokens and gets one back every `interval`. Instead of a count and a time it keeps the
//! moment at which it will be full (the theoretical arrival time): taking a token moves that moment on by one interval.
//! Times are nanoseconds on any one clock that never runs backwards; a clock that does makes the bucket emptier, never
//! fuller. All arithmetic saturates, so that no setting overflows.

use super::Balance;
use crate::config::{Limit, Rate};

/// The longest time that a bucket may take to fill, about 146 years: what keeps every sum of two times within 64 bits.
const LONGEST: u64 = u64::MAX / 4;

/// How large a bucket is and how fast it fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Nanoseconds in which one token comes back, at least 1.
    interval: u64,
    /// The most tokens it holds, at least 1.
    burst: u32,
}

impl Shape {
    /// A bucket of `burst` tokens (at least 1) that is refilled at `rate`.
    #[must_use]
    pub fn new(rate: Rate, burst: u32) -> Self {
        Self { interval: rate.interval().min(LONGEST), burst: burst.max(1) }
    }

    /// The bucket of a limit.
    #[must_use]
    pub fn of(limit: &Limit) -> Self {
        Self::new(limit.rate, limit.burst)
    }

    /// The bucket of one among `parts` that share the rate and do not see each other. It holds `cost` tokens at least,
    /// because it would never let such a request pass otherwise.
    #[must_use]
    pub fn share(self, parts: usize, cost: u32) -> Self {
        let parts = u32::try_from(parts).unwrap_or(u32::MAX).max(1);
        let interval = self.interval.saturating_mul(u64::from(parts)).min(LONGEST);
        Self { interval, burst: (self.burst / parts).max(cost).max(1) }
    }

    /// The most tokens it holds.
    #[must_use]
    pub fn burst(self) -> u32 {
        self.burst
    }

    /// Nanoseconds in which one token comes back.
    #[must_use]
    pub fn interval(self) -> u64 {
        self.interval
    }

    /// Nanoseconds from empty to full.
    #[must_use]
    pub fn capacity(self) -> u64 {
        self.worth(self.burst).min(LONGEST)
    }

    /// Nanoseconds in which this many tokens come back.
    #[must_use]
    pub fn worth(self, tokens: u32) -> u64 {
        self.interval.saturating_mul(u64::from(tokens))
    }

    /// Whole tokens that come back in this many nanoseconds, at most the burst.
    #[must_use]
    pub fn tokens_in(self, nanos: u64) -> u32 {
        let tokens = u32::try_from(nanos / self.interval).unwrap_or(u32::MAX);
        tokens.min(self.burst)
    }
}

/// The state of one bucket. The default is a full one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// When it is full again; in the past when it is full.
    full_at: u64,
}

impl Bucket {
    /// Whether nothing is missing, so that forgetting the bucket changes nothing.
    #[must_use]
    pub fn is_full(&self, now: u64) -> bool {
        self.full_at <= now
    }

    /// Lacks no more than it holds: to be called before a look, because the configuration may have made it smaller, and
    /// nobody is to wait for what the new one never had.
    pub fn settle(&mut self, shape: Shape, now: u64) {
        self.full_at = self.full_at.min(now.saturating_add(shape.capacity()));
    }

    /// What the bucket would say to a charge, without taking anything.
    #[must_use]
    pub fn look(&self, shape: Shape, now: u64, cost: u32) -> Balance {
        let missing = self.full_at.saturating_sub(now).min(shape.capacity());
        let there = shape.capacity().saturating_sub(missing);
        let needed = shape.worth(cost);
        Balance {
            covered: needed <= there,
            remaining: shape.tokens_in(there),
            granted: 0,
            full_after: missing,
            retry_after: needed.saturating_sub(there),
        }
    }

    /// Takes `cost`, which [`Bucket::look`] must have found covered, and as much of `extra` as is there behind it.
    pub fn take(&mut self, shape: Shape, now: u64, cost: u32, extra: u32) -> Balance {
        let before = self.look(shape, now, cost);
        if !before.covered {
            return before;
        }
        let granted = before.remaining.saturating_sub(cost).min(extra);
        self.settle(shape, now);
        self.full_at = self.full_at.max(now).saturating_add(shape.worth(cost.saturating_add(granted)));
        Balance { granted, retry_after: 0, covered: true, ..self.look(shape, now, 0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const SECOND: u64 = 1_000_000_000;

    fn shape(tokens: u32, burst: u32) -> Shape {
        Shape::new(Rate { tokens, period: Duration::from_secs(1) }, burst)
    }

    #[test]
    fn a_full_bucket_holds_its_burst_and_fills_at_its_rate() {
        let (shape, mut bucket) = (shape(10, 3), Bucket::default());
        let now = 5 * SECOND;
        for left in [2, 1, 0] {
            let balance = bucket.take(shape, now, 1, 0);
            assert_eq!((balance.covered, balance.remaining), (true, left));
        }
        let refused = bucket.take(shape, now, 1, 0);
        assert_eq!((refused.covered, refused.remaining, refused.retry_after), (false, 0, SECOND / 10));
        assert_eq!(refused.full_after, 3 * SECOND / 10);
        assert!(bucket.take(shape, now + SECOND / 10, 1, 0).covered);
        assert!(!bucket.is_full(now + 4 * SECOND / 10 - 1));
        assert!(bucket.is_full(now + 4 * SECOND / 10));
    }

    #[test]
    fn extra_is_granted_as_far_as_it_is_there() {
        let (shape, mut bucket) = (shape(1, 10), Bucket::default());
        assert_eq!(bucket.take(shape, 0, 2, 5).granted, 5);
        let last = bucket.take(shape, 0, 1, 5);
        assert_eq!((last.granted, last.remaining), (2, 0));
        assert_eq!(bucket.take(shape, 0, 1, 5).granted, 0);
    }

    #[test]
    fn more_than_the_burst_is_never_covered() {
        let balance = Bucket::default().look(shape(1, 3), SECOND, 4);
        assert_eq!((balance.covered, balance.retry_after), (false, SECOND));
    }

    #[test]
    fn a_bucket_that_became_smaller_is_empty_and_no_worse() {
        let mut bucket = Bucket::default();
        assert!(bucket.take(shape(1, 3600), 0, 3600, 0).covered);
        let smaller = shape(10, 20);
        bucket.settle(smaller, 0);
        let balance = bucket.look(smaller, 0, 1);
        assert_eq!((balance.covered, balance.retry_after, balance.full_after), (false, SECOND / 10, 2 * SECOND));
        assert!(bucket.take(smaller, SECOND / 10, 1, 0).covered);
    }

    #[test]
    fn no_setting_overflows() {
        let slowest = Shape::new(Rate { tokens: 1, period: Duration::MAX }, u32::MAX);
        let mut bucket = Bucket::default();
        for now in [0, u64::MAX / 2, u64::MAX] {
            // Debug builds stop at an overflow; a wrapped value would also contradict itself.
            for (cost, extra) in [(u32::MAX, u32::MAX), (1, 0)] {
                let balance = bucket.take(slowest, now, cost, extra);
                assert_eq!(balance.retry_after == 0, balance.covered);
                assert!(balance.covered || balance.granted == 0);
            }
        }
        assert_eq!(shape(10, 3).share(usize::MAX, 1).burst(), 1);
    }

    #[test]
    fn a_share_is_a_part_of_the_rate_and_fits_the_cost() {
        let share = shape(100, 200).share(4, 1);
        assert_eq!((share.interval(), share.burst()), (SECOND / 25, 50));
        assert_eq!(shape(100, 200).share(4, 80).burst(), 80);
        assert_eq!(shape(1, 1).share(4, 1).burst(), 1);
    }
}
