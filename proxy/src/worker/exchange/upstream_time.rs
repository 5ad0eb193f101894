//! How long an exchange waits for its upstream: from the beginning of an attempt to the end of its response head, or to its
//! failure, added up over attempts.
//!
//! For an exchange with one attempt it is what `supplex_upstream_duration_seconds` counts. Of two attempts side by side only
//! the one that is listened to runs this clock, so that no moment counts twice.

/// A clock that stands still between attempts. Times are nanoseconds on the ring's clock.
#[derive(Default)]
pub(in crate::worker) struct UpstreamTime {
    spent: u64,
    since: Option<u64>,
    used: bool,
}

impl UpstreamTime {
    /// From now on the exchange waits for the upstream.
    pub(in crate::worker) fn start(&mut self, now: u64) {
        self.since = Some(now);
        self.used = true;
    }

    /// It no longer does, if it did.
    pub(in crate::worker) fn stop(&mut self, now: u64) {
        if let Some(since) = self.since.take() {
            self.spent += now.saturating_sub(since);
        }
    }

    /// What was spent waiting; `None` when there was no attempt.
    pub(in crate::worker) fn spent(&self) -> Option<u64> {
        self.used.then_some(self.spent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_time_of_attempts_counts() {
        let mut clock = UpstreamTime::default();
        clock.stop(5);
        assert_eq!(clock.spent(), None, "nothing was tried");
        clock.start(10);
        clock.stop(30);
        clock.stop(40);
        assert_eq!(clock.spent(), Some(20), "what comes after the response head is not waiting");
        clock.start(100);
        clock.stop(99);
        clock.start(100);
        clock.stop(107);
        assert_eq!(clock.spent(), Some(27), "the clock of a pass may lag behind a precise one");
    }
}
