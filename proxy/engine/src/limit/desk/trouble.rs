//! A store that fails again and again is left alone for a moment, so that a request need not wait for its timeout.

/// Questions without an answer in a row after which a store is left alone.
const MOST: u32 = 3;
/// For how long, in nanoseconds.
const PAUSE: u64 = 100_000_000;

/// How a store has answered lately.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trouble {
    /// Questions in a row without an answer.
    failures: u32,
    left_alone_until: u64,
}

impl Trouble {
    /// Notes whether it answered a question.
    pub(super) fn note(&mut self, now: u64, answered: bool) {
        self.failures = if answered { 0 } else { self.failures.saturating_add(1) };
        self.left_alone_until = if self.failures >= MOST { now.saturating_add(PAUSE) } else { 0 };
    }

    /// Whether it is not to be asked.
    pub(super) fn is_left_alone(&self, now: u64) -> bool {
        self.left_alone_until > now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_left_alone_after_some_failures_in_a_row_until_it_answers() {
        let mut trouble = Trouble::default();
        for answered in [false, false, true, false, false] {
            trouble.note(5, answered);
            assert!(!trouble.is_left_alone(5));
        }
        trouble.note(5, false);
        assert!(trouble.is_left_alone(5 + PAUSE - 1) && !trouble.is_left_alone(5 + PAUSE));
        trouble.note(5 + PAUSE, false);
        assert!(trouble.is_left_alone(5 + PAUSE), "one more failure is enough");
        trouble.note(5 + PAUSE, true);
        assert!(!trouble.is_left_alone(5 + PAUSE));
    }
}
