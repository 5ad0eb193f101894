//! What a worker counts for the limit on what is in flight at an upstream, and where that limit stands.
//!
//! The counts only grow, so that whoever reads them can take the difference between two looks. They are kept while the
//! limit is adaptive. Who decides is in `upstream/adaptive.rs`.

use super::{Counter, Gauge};
use crate::upstream::adaptive::Totals;

/// The numbers of one worker and upstream.
#[derive(Debug, Default)]
pub struct ConcurrencyBlock {
    /// Attempts whose latency counts.
    pub samples: Counter,
    /// The sum of their latencies in nanoseconds.
    pub latency: Counter,
    /// Exchanges that wanted in.
    pub arrivals: Counter,
    /// The sum of what each of them found in flight.
    pub seen: Counter,
    /// Those among them that found no room.
    pub pressed: Counter,
    /// The most in flight, over all workers. In the block of the first worker only, as is what follows.
    pub limit: Gauge,
    /// The latency of an upstream that is not loaded, in nanoseconds; 0 while it is not known.
    pub baseline: Gauge,
    /// The mean latency of the last window, in nanoseconds; 0 before the first.
    pub recent: Gauge,
    /// 1 while the limit is lowered to measure the baseline.
    pub measuring: Gauge,
    /// Between which latencies it makes a difference how long an attempt took, in nanoseconds: see
    /// [`crate::upstream::adaptive::Bounds`].
    pub slow: Gauge,
    /// See [`ConcurrencyBlock::slow`].
    pub most: Gauge,
}

impl ConcurrencyBlock {
    /// What was counted so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals {
            samples: self.samples.get(),
            latency: self.latency.get(),
            arrivals: self.arrivals.get(),
            seen: self.seen.get(),
            pressed: self.pressed.get(),
        }
    }

    /// Counts an exchange that wants in and finds so many in flight; `pressed`: too many.
    pub fn arrival(&self, in_flight: u64, pressed: bool) {
        self.arrivals.increment();
        self.seen.add(in_flight);
        if pressed {
            self.pressed.increment();
        }
    }

    /// Counts an attempt that took so many nanoseconds.
    pub fn sample(&self, latency: u64) {
        self.samples.increment();
        self.latency.add(latency);
    }
}
