//! Whether what was counted is enough to open.

use super::rules::Rules;
use super::state::Cause;
use super::window::Counts;

/// Why the counts of a whole window open the breaker; `None` when they do not. Never with fewer than `min_requests`.
#[must_use]
pub fn judge(counts: Counts, rules: &Rules) -> Option<Cause> {
    let total = counts.total();
    if total < rules.min_requests {
        return None;
    }
    if rules.error_ratio.is_reached(counts.failures, total) {
        return Some(Cause::ErrorRatio);
    }
    rules.slow_ratio.is_reached(counts.slow, total).then_some(Cause::SlowRatio)
}

/// Whether one worker's counts are a reason to add up those of all: a share that is reached by the sum is reached by at
/// least one of the summands, so a worker below both shares need not look at the others.
#[must_use]
pub fn is_suspicious(own: Counts, rules: &Rules) -> bool {
    let total = own.total();
    rules.error_ratio.is_reached(own.failures, total) || rules.slow_ratio.is_reached(own.slow, total)
}

/// Failures to connect in a row, packed with the epoch they belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streak(pub u64);

impl Streak {
    /// One more in this epoch; those of another do not count.
    #[must_use]
    pub fn longer(self, epoch: u16) -> Self {
        let length = if self.epoch() == epoch { self.length().saturating_add(1) } else { 1 };
        Self((u64::from(epoch) << 32) | u64::from(length))
    }

    /// How many in a row.
    #[must_use]
    pub fn length(self) -> u32 {
        self.0 as u32
    }

    fn epoch(self) -> u16 {
        (self.0 >> 32) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::tests::rules;
    use super::*;

    fn counts(successes: u64, failures: u64, slow: u64) -> Counts {
        Counts { successes, failures, slow }
    }

    #[test]
    fn a_ratio_opens_only_with_enough_requests() {
        assert_eq!(judge(counts(0, 19, 19), &rules()), None);
        assert_eq!(judge(counts(10, 10, 0), &rules()), Some(Cause::ErrorRatio));
        assert_eq!(judge(counts(11, 10, 0), &rules()), None);
        assert_eq!(judge(counts(20, 0, 16), &rules()), Some(Cause::SlowRatio));
        assert_eq!(judge(counts(20, 0, 15), &rules()), None);
        assert_eq!(judge(counts(0, 0, 0), &rules()), None);
    }

    #[test]
    fn a_streak_belongs_to_an_epoch() {
        let streak = Streak(0).longer(7).longer(7);
        assert_eq!((streak.length(), streak.longer(8).length()), (2, 1));
    }
}
