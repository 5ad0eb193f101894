//! Whether an overloaded worker still takes a request: the low priorities go first.
//!
//! A worker is overloaded when tasks that are ready wait too long for their turn, and do so all the time: a single long
//! pass of its loop is a hiccup. As in CoDel (RFC 8289), what counts is the least delay within a window. While it stays
//! above the bound, each further window refuses one priority more; each window below the bound lets one in again.

use crate::config::Priority;

/// Nanoseconds for which every delay must be on one side of the bound.
const WINDOW: u64 = 100_000_000;

/// How overloaded a worker is.
///
/// ```text
///          a window above          a window above
///   Calm ────────────────▶ Low ────────────────▶ Normal
///        ◀────────────────     ◀────────────────
///          a window below          a window below
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Refusing {
    /// Nothing is refused.
    #[default]
    Calm,
    /// Low priorities are.
    Low,
    /// Low and normal ones are.
    Normal,
}

/// What a worker knows of its own delays.
#[derive(Clone, Copy, Debug, Default)]
pub struct Overload {
    /// Nanoseconds; `None` when nothing is ever refused.
    bound: Option<u64>,
    refusing: Refusing,
    /// Whether the last delay was above the bound.
    above: bool,
    /// Since when delays are on this side of the bound, or since the last step.
    since: u64,
}

impl Overload {
    /// Sets how long ready tasks may wait, in nanoseconds. Without a bound nothing is refused.
    pub fn set_bound(&mut self, bound: Option<u64>) {
        self.bound = bound;
        if bound.is_none() {
            self.refusing = Refusing::Calm;
        }
    }

    /// Tasks that were ready had to wait for `delay` nanoseconds, and it is `now`.
    pub fn observe(&mut self, delay: u64, now: u64) {
        let Some(bound) = self.bound else { return };
        let above = delay > bound;
        if above != self.above {
            // What took long began when the one before it ended.
            (self.above, self.since) = (above, if above { now.saturating_sub(delay) } else { now });
        }
        if now.saturating_sub(self.since) < WINDOW {
            return;
        }
        self.since = now;
        self.refusing = match (self.refusing, above) {
            (Refusing::Calm, true) | (Refusing::Normal, false) => Refusing::Low,
            (Refusing::Low | Refusing::Normal, true) => Refusing::Normal,
            (Refusing::Calm | Refusing::Low, false) => Refusing::Calm,
        };
    }

    /// Whether a request of a route with this priority is refused now.
    #[must_use]
    pub fn refuses(&self, priority: Priority) -> bool {
        match self.refusing {
            Refusing::Calm => false,
            Refusing::Low => priority == Priority::Low,
            Refusing::Normal => priority != Priority::High,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: u64 = 1_000_000;

    fn refused(overload: &Overload) -> Vec<Priority> {
        [Priority::Low, Priority::Normal, Priority::High].into_iter().filter(|it| overload.refuses(*it)).collect()
    }

    fn bounded() -> Overload {
        let mut overload = Overload::default();
        overload.set_bound(Some(50 * MILLI));
        overload
    }

    #[test]
    fn low_goes_first_then_normal_and_high_never() {
        let mut overload = bounded();
        let steps: Vec<_> = (1..=6)
            .map(|pass| {
                overload.observe(60 * MILLI, 1_000 * MILLI + pass * 60 * MILLI);
                refused(&overload).len()
            })
            .collect();
        assert_eq!(steps, [0, 1, 1, 2, 2, 2]);
        assert_eq!(refused(&overload), [Priority::Low, Priority::Normal]);
        let steps: Vec<_> = (0..=4)
            .map(|pass| {
                overload.observe(MILLI, 2_000 * MILLI + pass * 60 * MILLI);
                refused(&overload).len()
            })
            .collect();
        assert_eq!(steps, [2, 2, 1, 1, 0]);
    }

    #[test]
    fn one_short_delay_shows_that_the_worker_keeps_up() {
        let mut overload = bounded();
        for pass in 1..100 {
            overload.observe(if pass % 2 == 0 { 90 * MILLI } else { MILLI }, pass * 91 * MILLI);
            assert_eq!(refused(&overload), []);
        }
    }

    #[test]
    fn without_a_bound_nothing_is_refused() {
        let mut overload = Overload::default();
        (1..100).for_each(|pass| overload.observe(900 * MILLI, pass * 900 * MILLI));
        assert_eq!(refused(&overload), []);
        let mut overload = bounded();
        (1..100).for_each(|pass| overload.observe(900 * MILLI, pass * 900 * MILLI));
        overload.set_bound(None);
        assert_eq!(refused(&overload), []);
    }
}
