//! Which attempts say something about how loaded an upstream is.
//!
//! A sound answer counts as long as it took. What is not a sound answer can speak for an upstream that is slow, never for
//! one that is fast: a refused connection, or a 503 at once, would look like an upstream that has nothing to do.

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With a response of this status.
    Answered(u16),
    /// Without one, by whatever side.
    Unanswered,
}

/// Between which latencies it makes a difference how long an attempt took, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// What is not a sound answer counts if it took longer than this; 0: it never does.
    pub slow: u64,
    /// Beyond this all are the same, so that a few that hang are not taken for an upstream that is slow as a whole; 0:
    /// there is no such bound.
    pub most: u64,
}

/// What an attempt that took so many nanoseconds counts as; `None` when it says nothing.
#[must_use]
pub fn sample(ended: Ended, took: u64, bounds: Bounds) -> Option<u64> {
    // 429 is an answer without work, as are many above 499.
    let sound = matches!(ended, Ended::Answered(status) if status < 500 && status != 429);
    let counts = sound || (bounds.slow > 0 && took > bounds.slow);
    counts.then(|| if bounds.most > 0 { took.min(bounds.most) } else { took })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_count_only_when_they_are_slow_and_nothing_counts_beyond_a_bound() {
        let bounds = Bounds { slow: 150, most: 300 };
        for sound in [Ended::Answered(200), Ended::Answered(404), Ended::Answered(101)] {
            assert_eq!(sample(sound, 7_000, Bounds::default()), Some(7_000), "{sound:?}");
            assert_eq!([7, 250, 7_000].map(|took| sample(sound, took, bounds)), [Some(7), Some(250), Some(300)]);
        }
        for unsound in [Ended::Answered(503), Ended::Answered(429), Ended::Unanswered] {
            assert_eq!(sample(unsound, 7_000, Bounds::default()), None, "{unsound:?}");
            assert_eq!(
                [7, 150, 151, 7_000].map(|took| sample(unsound, took, bounds)),
                [None, None, Some(151), Some(300)]
            );
        }
    }
}
