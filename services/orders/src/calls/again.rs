//! Which failures of a request are worth another one, and after what pause. Pure: chance is an argument.

use std::time::Duration;

/// The most tries of one call.
const TRIES: u32 = 3;

/// The pause before the second try, at most.
const FIRST: Duration = Duration::from_millis(50);

/// What may be repeated. Every call may be: what changes something has a key, or can be said twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Whatever may be better the next time.
    Reading,
    /// Only what certainly did not arrive. The saga itself asks again after anything else, and writes that down.
    Step,
}

/// Why a try was in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// Nothing was sent.
    Connect,
    /// There was no answer in time, or the connection broke.
    Lost,
    /// There was an answer of this status, perhaps with the time to wait.
    Status(u16, Option<Duration>),
}

impl Patience {
    /// How long one try may take of a call that may take `whole`: the other node should have its chance.
    pub(super) fn of_a_try(self, whole: Duration) -> Duration {
        match self {
            Self::Reading => whole / 2,
            Self::Step => whole,
        }
    }

    /// The pause before the next try, if there should be one after `tries`. `chance` is from 0 to 1.
    pub(super) fn pause(self, tries: u32, failed: Failed, chance: f64) -> Option<Duration> {
        let again = match (self, failed) {
            (_, Failed::Connect) | (Self::Reading, Failed::Lost) => true,
            (Self::Reading, Failed::Status(status, _)) => matches!(status, 429 | 502 | 503 | 504),
            (Self::Step, _) => false,
        };
        let backoff = FIRST.saturating_mul(1 << tries.saturating_sub(1).min(10)).mul_f64(0.5 + chance / 2.0);
        let asked = if let Failed::Status(_, asked) = failed { asked } else { None };
        (again && tries < TRIES).then(|| asked.unwrap_or_default().max(backoff))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_repeated_here_only_when_nothing_was_sent() {
        for failed in [Failed::Lost, Failed::Status(502, None), Failed::Status(429, None)] {
            assert_eq!(Patience::Step.pause(1, failed, 0.0), None);
            assert!(Patience::Reading.pause(1, failed, 0.0).is_some());
        }
        assert!(Patience::Step.pause(1, Failed::Connect, 0.0).is_some());
        assert_eq!(Patience::Reading.pause(1, Failed::Status(404, None), 0.0), None);
    }

    #[test]
    fn tries_are_bounded_and_who_asks_for_time_gets_it() {
        assert_eq!(Patience::Reading.pause(3, Failed::Connect, 0.0), None);
        let second = Duration::from_secs(1);
        assert_eq!(Patience::Reading.pause(1, Failed::Status(429, Some(second)), 1.0), Some(second));
        assert_eq!(Patience::Reading.pause(2, Failed::Lost, 1.0), Some(FIRST * 2));
    }
}
