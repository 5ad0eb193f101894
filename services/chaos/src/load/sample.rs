//! What is kept of one request, and how many there were of which kind.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// An answer: its status, and its reason if it is a problem document.
    Answer {
        /// The status code.
        status: u16,
        /// The `reason`, or nothing.
        reason: String,
    },
    /// No answer; in words.
    None(String),
}

/// What that means to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It got what it wanted.
    Good,
    /// It was told to come less often.
    Refused,
    /// It got nothing of use.
    Failed,
}

impl Outcome {
    /// What it means to a client.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Answer { status: 200..=299, .. } => Class::Good,
            Self::Answer { status: 429, .. } => Class::Refused,
            Self::Answer { .. } | Self::None(_) => Class::Failed,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer { status, reason } if reason.is_empty() => write!(f, "{status}"),
            Self::Answer { status, reason } => write!(f, "{status} {reason}"),
            Self::None(what) => f.write_str(what),
        }
    }
}

/// One request.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// When it should have begun, from the start of the run.
    pub at: Duration,
    /// From then to the end of the answer.
    pub took: Duration,
    /// What it meant to the client.
    pub class: Class,
    /// Which outcome, by its number in the group.
    pub(super) outcome: usize,
}

impl Sample {
    /// One whose outcome is the first of its group.
    #[cfg(test)]
    pub(crate) fn new(at: Duration, took: Duration, class: Class) -> Self {
        Self { at, took, class, outcome: 0 }
    }

    /// When it ended.
    #[must_use]
    pub fn ended(&self) -> Duration {
        self.at + self.took
    }
}

/// How many requests of a span ended how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Those that got what they wanted.
    pub good: u64,
    /// Those that were told to come less often.
    pub refused: u64,
    /// All others.
    pub failed: u64,
    /// By status and reason.
    pub outcomes: BTreeMap<String, u64>,
}

impl Tally {
    /// One more.
    pub fn add(&mut self, class: Class, outcome: &Outcome) {
        match class {
            Class::Good => self.good += 1,
            Class::Refused => self.refused += 1,
            Class::Failed => self.failed += 1,
        }
        *self.outcomes.entry(outcome.to_string()).or_default() += 1;
    }

    /// All.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.good + self.refused + self.failed
    }

    /// The outcomes in one line, the most frequent first.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut outcomes: Vec<_> = self.outcomes.iter().collect();
        outcomes.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let words: Vec<_> = outcomes.iter().map(|(outcome, count)| format!("{count} x {outcome}")).collect();
        if words.is_empty() { "none".to_owned() } else { words.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, reason: &str) -> Outcome {
        Outcome::Answer { status, reason: reason.into() }
    }

    #[test]
    fn a_refusal_is_no_failure_and_a_503_is_one() {
        assert_eq!(answer(201, "").class(), Class::Good);
        assert_eq!(answer(429, "limit.exceeded").class(), Class::Refused);
        for failed in [answer(503, "breaker.open"), answer(404, ""), answer(302, ""), Outcome::None("reset".into())] {
            assert_eq!(failed.class(), Class::Failed, "{failed}");
        }
    }

    #[test]
    fn a_tally_counts_by_status_and_reason() {
        let mut tally = Tally::default();
        for outcome in [answer(503, "breaker.open"), answer(200, ""), answer(200, ""), Outcome::None("reset".into())] {
            tally.add(outcome.class(), &outcome);
        }
        assert_eq!((tally.good, tally.refused, tally.failed, tally.total()), (2, 0, 2, 4));
        assert_eq!(tally.in_words(), "2 x 200, 1 x 503 breaker.open, 1 x reset");
    }
}
