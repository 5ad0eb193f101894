//! What was counted between two looks at counts that only grow.

/// Counts over all workers since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Attempts whose latency counts.
    pub samples: u64,
    /// The sum of their latencies in nanoseconds.
    pub latency: u64,
    /// Exchanges that wanted in.
    pub arrivals: u64,
    /// The sum of what each of them found in flight.
    pub seen: u64,
    /// Those among them that found no room.
    pub pressed: u64,
}

impl Totals {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Totals) -> Totals {
        self.each(other, u64::wrapping_add)
    }

    fn since(self, earlier: Totals) -> Totals {
        self.each(earlier, u64::wrapping_sub)
    }

    fn each(self, other: Totals, of: fn(u64, u64) -> u64) -> Totals {
        Totals {
            samples: of(self.samples, other.samples),
            latency: of(self.latency, other.latency),
            arrivals: of(self.arrivals, other.arrivals),
            seen: of(self.seen, other.seen),
            pressed: of(self.pressed, other.pressed),
        }
    }
}

/// A window that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    from: Totals,
    since: u64,
}

/// What a window has seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) samples: u64,
    /// Nanoseconds from its beginning to its end.
    pub(super) took: u64,
    /// Mean, in nanoseconds.
    pub(super) latency: f64,
    /// Mean, as arrivals found it.
    pub(super) in_flight: f64,
    /// Whether somebody found no room.
    pub(super) pressed: bool,
}

impl Window {
    pub(super) fn new(from: Totals, since: u64) -> Self {
        Self { from, since }
    }

    /// Closes the window and opens the next, once it is so many nanoseconds old and has that many samples. One with fewer
    /// stays open, however long that takes: what a few say is worth little.
    pub(super) fn take(&mut self, now: u64, totals: Totals, span: u64, samples: u64) -> Option<Seen> {
        let took = now.saturating_sub(self.since);
        let counted = totals.since(self.from);
        if took < span || counted.samples < samples {
            return None;
        }
        *self = Self::new(totals, now);
        let mean = |sum: u64, of: u64| if of == 0 { 0.0 } else { sum as f64 / of as f64 };
        Some(Seen {
            samples: counted.samples,
            took,
            latency: mean(counted.latency, counted.samples),
            in_flight: mean(counted.seen, counted.arrivals),
            pressed: counted.pressed > 0,
        })
    }
}
