//! Checked rules of retries: when a route tries again, and how much of that an upstream puts up with.

use std::time::Duration;

use crate::exchange::AttemptFailure;

/// The `retries` of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// The most attempts after the first one; 0 to 5.
    pub max: u32,
    /// What is worth another attempt.
    pub on: RetryOn,
    /// The bound of the pause before the first retry; it doubles with each one.
    pub backoff: Duration,
    /// Whether a request with an `Idempotency-Key` may be sent again whatever its method.
    pub post_with_idempotency_key: bool,
}

/// The `hedge` of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    /// How long the first attempt may go without an answer before there is a second one beside it.
    pub after: Duration,
}

/// A set of causes for a retry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetryOn(u8);

/// The statuses that may be a cause, each with its bit.
const STATUSES: [(u16, u8); 3] = [(502, 8), (503, 16), (504, 32)];

impl RetryOn {
    /// No cause.
    pub const NONE: RetryOn = RetryOn(0);
    /// No connection came about.
    pub const CONNECT: RetryOn = RetryOn(1);
    /// The connection broke before a whole response head.
    pub const RESET: RetryOn = RetryOn(2);
    /// No response head within `attempt_timeout`.
    pub const TIMEOUT: RetryOn = RetryOn(4);
    /// Every cause with the word that stands for it.
    pub const WORDS: [(&str, RetryOn); 6] = [
        ("connect", Self::CONNECT),
        ("reset", Self::RESET),
        ("timeout", Self::TIMEOUT),
        ("502", RetryOn(8)),
        ("503", RetryOn(16)),
        ("504", RetryOn(32)),
    ];
    /// What a route retries on that names no causes: all but the timeout, after which the upstream may still be at work.
    pub const DEFAULT: RetryOn = RetryOn(1 | 2 | 8 | 16 | 32);

    /// Both together.
    #[must_use]
    pub const fn and(self, other: RetryOn) -> RetryOn {
        RetryOn(self.0 | other.0)
    }

    /// Whether an attempt that failed so is worth another one.
    #[must_use]
    pub fn has(self, failure: AttemptFailure) -> bool {
        let bit = match failure {
            AttemptFailure::Connect => Self::CONNECT,
            AttemptFailure::Reset => Self::RESET,
            AttemptFailure::Timeout => Self::TIMEOUT,
            AttemptFailure::Malformed => Self::NONE,
        };
        self.0 & bit.0 != 0
    }

    /// Whether a response with this status is worth another attempt.
    #[must_use]
    pub fn has_status(self, status: u16) -> bool {
        STATUSES.iter().any(|(code, bit)| *code == status && self.0 & bit != 0)
    }

    /// The words of the causes in it.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        Self::WORDS.into_iter().filter(move |(_, cause)| self.0 & cause.0 != 0).map(|(word, _)| word)
    }
}

/// The `retry_budget` of an upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryBudget {
    /// Retries for each thousand requests; 0 to 1000.
    pub per_thousand: u32,
    /// Retries that are always allowed, per second and over all workers together.
    pub min_per_second: u32,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self { per_thousand: 200, min_per_second: 3 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_one_cause_and_the_default_lacks_the_timeout() {
        let all = RetryOn::WORDS.iter().fold(RetryOn::NONE, |set, (_, cause)| set.and(*cause));
        assert_eq!(all.words().count(), RetryOn::WORDS.len());
        assert_eq!(RetryOn::DEFAULT.words().collect::<Vec<_>>(), ["connect", "reset", "502", "503", "504"]);
        assert!(!RetryOn::DEFAULT.has(AttemptFailure::Timeout) && all.has(AttemptFailure::Timeout));
        assert!(!all.has(AttemptFailure::Malformed), "an upstream that talks nonsense is not asked again");
        assert!(all.has_status(503) && !all.has_status(500) && !RetryOn::CONNECT.has_status(503));
    }
}
