//! A second attempt beside the first: when an exchange may have one, and what the end of one of the two means.
//!
//! At most one in an exchange. Of two attempts that are under way one is listened to, the other is *beside* it; which is
//! which the shell decides by who answers first. If the one that is listened to fails, or gives a response that the route
//! retries, the exchange goes on with the other, which costs no further retry.

use super::{Exchange, Phase};

impl Exchange {
    /// After how many nanoseconds without an answer a second attempt is to be made beside the one that runs; `None` when
    /// there is to be none: the route does not ask for it, the request may not be made twice, or it was already.
    #[must_use]
    pub fn hedge_after(&self) -> Option<u64> {
        let Phase::Trying(attempt) = self.phase else { return None };
        let wanted = self.rule.hedge().filter(|_| !self.hedged && !self.interim && !attempt.response_received);
        wanted.filter(|_| !self.body_forwarded && self.rule.may_repeat(self.method))
    }

    /// A second attempt is under way. `pooled` is about the one that is listened to from here on.
    pub fn hedged(&mut self, pooled: bool) {
        debug_assert!(!self.hedged, "at most one attempt is made beside another");
        if let Phase::Trying(attempt) = &mut self.phase {
            attempt.pooled = pooled;
            (self.hedged, self.beside) = (true, true);
            self.attempts += 1;
        }
    }

    /// The one that was beside the attempt that failed is listened to now.
    pub fn goes_on_with_other(&mut self, pooled: bool) {
        debug_assert_eq!(self.phase, Phase::Choosing, "one is listened to at a time");
        if self.phase == Phase::Choosing {
            self.phase = Phase::Trying(super::Attempt { pooled, request_sent: true, response_received: false });
        }
    }

    /// Leaves the attempt that is listened to for the one beside it, if there is one.
    pub(super) fn turn_to_other(&mut self) -> bool {
        let turns = std::mem::take(&mut self.beside) && !self.interim;
        if turns {
            self.try_again(false);
        }
        turns
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Retries, RetryOn};
    use crate::exchange::{AttemptFailure, Exchange, Outcome, RetryRule, Verdict};
    use crate::http1::Method;
    use crate::reason::Reason;

    const NEVER: fn() -> bool = || panic!("the budget was charged when the second attempt was made");

    fn trying(method: Method, retries: Option<&Retries>) -> Exchange {
        let rule = RetryRule::new(retries, false).hedged(50);
        let mut exchange = Exchange::new(method, true, 1_000).with_retries(rule);
        exchange.attempt_started(false);
        exchange.request_bytes_sent();
        exchange
    }

    #[test]
    fn only_what_may_be_made_twice_and_has_no_answer_gets_a_second_attempt() {
        assert_eq!(trying(Method::Get, None).hedge_after(), Some(50));
        assert_eq!(trying(Method::Post, None).hedge_after(), None);
        let mut given_away = trying(Method::Put, None);
        assert_eq!(given_away.hedge_after(), Some(50));
        given_away.body_forwarded();
        assert_eq!(given_away.hedge_after(), None);
        let mut answered = trying(Method::Get, None);
        answered.response_byte_received();
        assert_eq!(answered.hedge_after(), None);
        let mut once = trying(Method::Get, None);
        once.hedged(false);
        assert_eq!((once.hedge_after(), once.attempts()), (None, 2));
        let unasked = Exchange::new(Method::Get, false, 1_000);
        assert_eq!(unasked.hedge_after(), None);
    }

    #[test]
    fn a_failure_turns_to_the_other_and_the_next_is_final() {
        let mut exchange = trying(Method::Get, None);
        exchange.hedged(false);
        assert_eq!(exchange.attempt_failed(AttemptFailure::Timeout, 10, NEVER), Verdict::Retry);
        assert!(!exchange.needs_fresh() && !exchange.retried());
        exchange.goes_on_with_other(true);
        let mut answering = exchange.clone();
        assert_eq!(
            exchange.attempt_failed(AttemptFailure::Timeout, 10, NEVER),
            Verdict::Reply(Reason::UpstreamTimeout)
        );
        answering.response_started();
        answering.response_finished();
        assert_eq!(answering.outcome(), Some(Outcome::Forwarded));
    }

    #[test]
    fn a_status_that_is_retried_turns_to_the_other_and_any_other_does_not() {
        let retries = Retries {
            max: 1,
            on: RetryOn::DEFAULT,
            backoff: std::time::Duration::from_millis(1),
            post_with_idempotency_key: false,
        };
        let mut exchange = trying(Method::Get, Some(&retries));
        exchange.hedged(false);
        assert!(!exchange.clone().status_received(500, 10, NEVER), "500 is no cause");
        assert!(exchange.status_received(503, 10, NEVER));
        exchange.goes_on_with_other(false);
        assert!(exchange.status_received(503, 10, || true), "then it is a retry like any other");
        assert_eq!(exchange.retries(), 1);
        let mut without = trying(Method::Get, None);
        without.hedged(false);
        assert!(!without.status_received(503, 10, NEVER), "without retries a response is a response");
    }

    #[test]
    fn nothing_follows_once_the_client_has_seen_something() {
        let mut exchange = trying(Method::Get, None);
        exchange.hedged(false);
        exchange.interim_forwarded();
        assert_eq!(exchange.attempt_failed(AttemptFailure::Reset, 10, NEVER), Verdict::Reply(Reason::UpstreamReset));
        let mut exchange = trying(Method::Get, None);
        exchange.hedged(false);
        exchange.response_started();
        assert_eq!(exchange.attempt_failed(AttemptFailure::Reset, 10, NEVER), Verdict::Cut);
    }
}
