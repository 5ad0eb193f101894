//! Ejecting an endpoint whose attempts fail one after the other.
//!
//! A worker decides this alone, from its own traffic: nothing has to be agreed upon, and an endpoint that fails for all is
//! soon ejected by all. It knows neither addresses nor what a failure is.

use crate::config::{Ejection, Ratio};

/// An ejection is at most this many times as long as the first one.
const LONGEST: u64 = 32;

/// What a worker knows about the failures of one endpoint. Times are nanoseconds.
///
/// ```text
///   in use ──consecutive_failures, and not too many are out──► ejected
///     ▲                                                           │
///     └──────────────── eject_for, times 2, 4, 8 ... ─────────────┘
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outlier {
    /// Failures in a row.
    failures: u32,
    /// Until when it is ejected.
    until: Option<u64>,
    /// How long the last ejection lasted, and when it was over.
    last: (u64, u64),
}

impl Outlier {
    /// Whether the endpoint is ejected.
    #[must_use]
    pub fn is_ejected(&self) -> bool {
        self.until.is_some()
    }

    /// An attempt ended. `has_room`: one more may be ejected, see [`has_room`]. Returns whether the endpoint is ejected by
    /// this. Attempts that began before an ejection may end within it; they change nothing.
    pub fn attempted(&mut self, failed: bool, now: u64, rules: &Ejection, has_room: bool) -> bool {
        if self.is_ejected() {
            return false;
        }
        self.failures = if failed { self.failures.saturating_add(1) } else { 0 };
        if self.failures < rules.consecutive_failures || !has_room {
            return false;
        }
        let first = u64::try_from(rules.eject_for.as_nanos()).unwrap_or(u64::MAX);
        let (lasted, over) = self.last;
        // Whoever was well for as long as it was out begins anew.
        let again = lasted > 0 && now.saturating_sub(over) <= lasted;
        let time = if again { lasted.saturating_mul(2).min(first.saturating_mul(LONGEST)) } else { first };
        *self = Self { failures: 0, until: Some(now.saturating_add(time)), last: (time, now.saturating_add(time)) };
        true
    }

    /// Time goes on. Returns whether the endpoint comes back by this.
    pub fn tick(&mut self, now: u64) -> bool {
        let over = self.until.is_some_and(|until| now >= until);
        if over {
            self.until = None;
        }
        over
    }
}

/// Whether one more of `total` endpoints may be ejected when `ejected` are out.
#[must_use]
pub fn has_room(ejected: usize, total: usize, most: Ratio) -> bool {
    // Not more than the share: the next one is let in when it does not exceed it.
    (ejected + 1) as f64 <= most.share() * total as f64 + 1e-9
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn rules() -> Ejection {
        let max_ejected = Ratio::new(0.5).expect("a share");
        Ejection { consecutive_failures: 3, eject_for: Duration::from_secs(10), max_ejected }
    }

    fn fail(outlier: &mut Outlier, times: u32, now: u64) -> bool {
        (0..times).any(|_| outlier.attempted(true, now, &rules(), true))
    }

    #[test]
    fn only_failures_in_a_row_eject() {
        let mut outlier = Outlier::default();
        for _ in 0..10 {
            assert!(!fail(&mut outlier, 2, 0));
            outlier.attempted(false, 0, &rules(), true);
        }
        assert!(fail(&mut outlier, 3, 0));
        assert!(outlier.is_ejected() && !outlier.tick(10 * SECOND - 1));
        assert!(outlier.tick(10 * SECOND) && !outlier.is_ejected());
    }

    #[test]
    fn an_ejection_that_follows_closely_is_twice_as_long() {
        let mut outlier = Outlier::default();
        let mut now = 0;
        for wanted in [10, 20, 40, 80, 160, 320, 320] {
            assert!(fail(&mut outlier, 3, now));
            assert!(!outlier.tick(now + wanted * SECOND - 1) && outlier.tick(now + wanted * SECOND), "{wanted}");
            now += wanted * SECOND;
        }
        now += 321 * SECOND;
        assert!(fail(&mut outlier, 3, now) && outlier.tick(now + 10 * SECOND), "it was well for long");
    }

    #[test]
    fn without_room_it_stays_until_there_is_some() {
        let mut outlier = Outlier::default();
        assert!((0..5).all(|_| !outlier.attempted(true, 0, &rules(), false)));
        assert!(outlier.attempted(true, 0, &rules(), true));
        assert!(!outlier.attempted(true, 1, &rules(), true), "it is out already");
    }

    #[test]
    fn the_share_is_never_exceeded() {
        let most = |share| Ratio::new(share).expect("a share");
        assert!(!has_room(0, 1, most(0.5)), "the only one stays");
        assert!(has_room(0, 2, most(0.5)) && !has_room(1, 2, most(0.5)) && !has_room(1, 3, most(0.5)));
        assert!(has_room(2, 3, most(1.0)) && !has_room(3, 3, most(1.0)));
        assert!(has_room(2, 10, most(0.3)) && !has_room(3, 10, most(0.3)));
    }
}
