//! The settings of a breaker, turned into the numbers that are compared at every attempt.

use std::time::Duration;

use crate::config;
use crate::config::Ratio;

/// Buckets of a window.
pub const BUCKETS: usize = 10;
/// The longest time a breaker stays open, as a multiple of `open_for`.
const LONGEST: u64 = 10;

/// What a breaker goes by. Times are milliseconds of the process's clock unless they say otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The width of a bucket; at least 1.
    pub(super) width: u64,
    pub(super) min_requests: u64,
    pub(super) error_ratio: Ratio,
    /// In nanoseconds.
    slow_after: u64,
    pub(super) slow_ratio: Ratio,
    open_for: u64,
    pub(super) probes: u8,
    pub(super) connect_failures: u32,
    return_over: u64,
    /// Whole seconds after which a round of probes that was not decided is given up.
    patience: u64,
}

impl Rules {
    /// The rules of a breaker, for an upstream whose attempts may take `attempt_timeout`.
    #[must_use]
    pub fn new(settings: &config::Breaker, attempt_timeout: Duration) -> Self {
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 4);
        let open_for = millis(settings.open_for).max(1);
        Self {
            width: (millis(settings.window) / BUCKETS as u64).max(1),
            min_requests: u64::from(settings.min_requests.max(1)),
            error_ratio: settings.error_ratio,
            slow_after: millis(settings.slow_after).saturating_mul(1_000_000),
            slow_ratio: settings.slow_ratio,
            open_for,
            probes: settings.probes.clamp(1, 100),
            connect_failures: settings.connect_failures.max(1),
            return_over: settings.return_over.map_or(0, millis),
            // A second on top, because the beginning of a round is known to the second.
            patience: open_for.max(millis(attempt_timeout)).div_ceil(1000) + 1,
        }
    }

    /// Whether an answer that took so many nanoseconds is slow.
    #[must_use]
    pub fn is_slow(&self, nanos: u64) -> bool {
        nanos > self.slow_after
    }

    /// The number of the bucket that `now` falls into.
    #[must_use]
    pub fn period(&self, now: u64) -> u64 {
        now / self.width
    }

    /// How many attempts are let through in half-open.
    #[must_use]
    pub fn probes(&self) -> u8 {
        self.probes
    }

    /// How long a breaker stays open that opened for the `level`th time in a row, without jitter: `open_for`, then twice
    /// as long each time, up to ten times.
    #[must_use]
    pub fn delay(&self, level: u8) -> u64 {
        let factor = (1_u64 << level.saturating_sub(1).min(16)).min(LONGEST);
        self.open_for.saturating_mul(factor)
    }

    /// As [`Rules::delay`] and up to a tenth longer, so that breakers that opened together do not all probe together.
    /// `random` is uniform over all 64 bits.
    #[must_use]
    pub fn jittered(&self, level: u8, random: u64) -> u64 {
        let delay = self.delay(level);
        let more = (u128::from(delay / 10 + 1) * u128::from(random)) >> 64;
        delay.saturating_add(more as u64)
    }

    /// Whether a round of probes that began at this second has had its time.
    #[must_use]
    pub fn is_stale(&self, age_seconds: u64) -> bool {
        age_seconds > self.patience
    }

    /// Whether an endpoint that came back `since` is to be held back in favour of others this time: its share rises
    /// evenly from a tenth to all. `random` is uniform over all 64 bits. Why this is not `slow_start` is said in
    /// `slow_start.rs`.
    #[must_use]
    pub fn holds_back(&self, since: u64, now: u64, random: u64) -> bool {
        let back = now.saturating_sub(since);
        if back >= self.return_over {
            return false;
        }
        let share = (back.saturating_mul(1000) / self.return_over).max(100);
        ((u128::from(random) * 1000) >> 64) as u64 >= share
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::config::BreakerMode;

    /// The defaults of the configuration.
    pub(in super::super) fn settings() -> config::Breaker {
        config::Breaker {
            window: Duration::from_secs(10),
            min_requests: 20,
            error_ratio: Ratio::new(0.5).unwrap(),
            slow_after: Duration::from_secs(1),
            slow_ratio: Ratio::new(0.8).unwrap(),
            open_for: Duration::from_secs(30),
            probes: 3,
            connect_failures: 5,
            return_over: None,
            mode: BreakerMode::Enforce,
        }
    }

    pub(in super::super) fn rules() -> Rules {
        Rules::new(&settings(), Duration::from_secs(2))
    }

    #[test]
    fn it_stays_open_twice_as_long_each_time_up_to_ten_times() {
        let delays: Vec<_> = (1..8).map(|level| rules().delay(level) / 30_000).collect();
        assert_eq!(delays, [1, 2, 4, 8, 10, 10, 10]);
        assert_eq!(rules().jittered(1, 0), 30_000);
        assert_eq!(rules().jittered(1, u64::MAX), 33_000);
    }

    #[test]
    fn a_returning_endpoint_gets_its_share_little_by_little() {
        let slow = config::Breaker { return_over: Some(Duration::from_secs(10)), ..settings() };
        let rules = Rules::new(&slow, Duration::from_secs(2));
        let held = |now| (0..1000).filter(|n| rules.holds_back(5_000, now, n * (u64::MAX / 1000))).count();
        assert!((890..=900).contains(&held(5_000)), "{}", held(5_000));
        assert!((490..=500).contains(&held(10_000)), "{}", held(10_000));
        assert_eq!(held(15_000), 0);
        assert!(!super::tests::rules().holds_back(5_000, 5_000, u64::MAX), "without the setting it is back at once");
    }
}
