//! The life of one exchange after its request head was accepted: events in, verdicts out.
//!
//! It knows what became known to whom: which bytes the upstream may have acted on, and which the client has seen. From
//! that follows what is still possible when something breaks. It owns no bytes, no sockets and no clock, and it never
//! chooses an endpoint (`upstream/balancer.rs`). `exchange/outcome.rs` holds what it says; the shell's
//! `worker/exchange.rs` tells it what happened and does as the verdict says.
//!
//! Events that cannot happen in the present state are defects of the caller: they stop a debug build, and in a release
//! build they lead to nothing that could reach a client or an upstream twice.

mod outcome;
pub mod stages;

pub use outcome::{AttemptFailure, Cause, Outcome, Verdict};

use crate::http1::Method;
use crate::reason::Reason;

/// Where the exchange stands.
///
/// ```text
///               attempt_started              response_started              response_finished
///  ┌──────────┐ ──────────────▶ ┌────────┐ ────────────────▶ ┌───────────┐ ────────────────▶ Over(Forwarded)
///  │ Choosing │                 │ Trying │                   │ Answering │
///  └──────────┘ ◀────────────── └────────┘                   └───────────┘
///        │       attempt_failed     │                              │
///        │        = Retry, once     │                              │
///        │                          │                              │
///        │ refused, deadline_passed,│ attempt_failed,              │ attempt_failed, deadline_passed,
///        │ body_violation           │ response_broken,             │ response_broken, body_violation,
///        │                          │ deadline_passed,             │ client_gone
///        ▼                          ▼ body_violation               ▼
///  Over(Replied): Reply       Over(Replied): Reply           Over(Cut): Cut
///
///  client_gone in Choosing or Trying leads to Over(Cut) as well: there is nobody left to reply to.
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No attempt runs: queueing, or an endpoint is being chosen.
    Choosing,
    /// An attempt runs and the client has seen nothing of a final response.
    Trying(Attempt),
    /// The client has seen bytes of a final response, so no other response can follow.
    Answering,
    /// The verdict is out or the response is complete. Events that were under way change nothing.
    Over(Outcome),
}

/// What happened in the attempt that runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Attempt {
    /// The connection had served another exchange before, so the upstream may have been closing it all along.
    pooled: bool,
    /// The upstream may have seen bytes of the request.
    request_sent: bool,
    /// The upstream has sent something.
    response_received: bool,
}

/// One request and what has become of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    method: Method,
    body: bool,
    deadline: u64,
    phase: Phase,
    body_forwarded: bool,
    attempts: u32,
    retried: bool,
}

impl Exchange {
    /// An exchange whose request head was accepted. `body` says whether the request has one; `deadline` is the time in
    /// nanoseconds at which the whole exchange must be over.
    #[must_use]
    pub fn new(method: Method, body: bool, deadline: u64) -> Self {
        Self { method, body, deadline, phase: Phase::Choosing, body_forwarded: false, attempts: 0, retried: false }
    }

    /// A connection was chosen for an attempt. `pooled`: it has carried another exchange before. A retry must not run
    /// on such a connection, since it could be just as stale.
    pub fn attempt_started(&mut self, pooled: bool) {
        debug_assert_eq!(self.phase, Phase::Choosing, "an attempt needs a choice before it");
        debug_assert!(!(pooled && self.retried), "a retry takes a fresh connection");
        if self.phase == Phase::Choosing {
            self.attempts += 1;
            self.phase = Phase::Trying(Attempt { pooled, ..Attempt::default() });
        }
    }

    /// Bytes of the request left for the upstream, which may act on them from now on. To be called before a send whose
    /// failure would not tell how much of it left.
    pub fn request_bytes_sent(&mut self) {
        match &mut self.phase {
            Phase::Trying(attempt) => attempt.request_sent = true,
            Phase::Choosing => debug_assert!(false, "bytes were sent without an attempt"),
            Phase::Answering | Phase::Over(_) => {}
        }
    }

    /// Bytes of the request body were given away: nobody has them any more, so they cannot be sent again.
    pub fn body_forwarded(&mut self) {
        debug_assert!(self.body, "the request has no body");
        self.body_forwarded = true;
        self.request_bytes_sent();
    }

    /// The upstream sent at least one byte.
    pub fn response_byte_received(&mut self) {
        match &mut self.phase {
            Phase::Trying(attempt) => attempt.response_received = true,
            Phase::Choosing => debug_assert!(false, "an answer without an attempt"),
            Phase::Answering | Phase::Over(_) => {}
        }
    }

    /// An interim response (1xx other than 101) went to the client. A reply is still possible after it (RFC 9110
    /// section 15.2), another attempt is not.
    pub fn interim_forwarded(&mut self) {
        self.response_byte_received();
    }

    /// Bytes of a response went, or are about to go, to the client; a 101 counts. May be called for each piece.
    pub fn response_started(&mut self) {
        match self.phase {
            Phase::Trying(_) => self.phase = Phase::Answering,
            Phase::Answering => {}
            Phase::Choosing | Phase::Over(_) => debug_assert!(false, "a response without an attempt"),
        }
    }

    /// The response is complete and all of it was handed to the client connection.
    pub fn response_finished(&mut self) {
        debug_assert_eq!(self.phase, Phase::Answering, "only a response that has begun can be complete");
        if self.phase == Phase::Answering {
            self.phase = Phase::Over(Outcome::Forwarded);
        }
    }

    /// The attempt ended without a complete response, at `now`. The verdict is [`Verdict::Retry`] when that is safe.
    pub fn attempt_failed(&mut self, failure: AttemptFailure, now: u64) -> Verdict {
        match self.phase {
            Phase::Trying(attempt) if self.may_retry(attempt, failure, now) => {
                self.retried = true;
                self.phase = Phase::Choosing;
                return Verdict::Retry;
            }
            Phase::Trying(_) | Phase::Answering => {}
            Phase::Choosing | Phase::Over(_) => debug_assert!(false, "no attempt runs that could fail"),
        }
        self.give_up(failure.reason(), Cause::Upstream(failure))
    }

    /// The gateway will not forward the request: no endpoint is left, or the upstream is busy.
    pub fn refused(&mut self, reason: Reason) -> Verdict {
        debug_assert_eq!(self.phase, Phase::Choosing, "only what is not under way can be refused");
        self.give_up(reason, Cause::Refused(reason))
    }

    /// The response broke after its head: a length that does not add up, or a bad chunk.
    pub fn response_broken(&mut self) -> Verdict {
        debug_assert!(matches!(self.phase, Phase::Trying(_) | Phase::Answering), "no response that could break");
        self.give_up(Reason::UpstreamMalformed, Cause::ResponseBroken)
    }

    /// The request body broke its framing, its limit or its time. May come at any moment, since a body can outlast the
    /// response to it.
    pub fn body_violation(&mut self, reason: Reason) -> Verdict {
        debug_assert!(self.body, "the request has no body");
        self.give_up(reason, Cause::Body(reason))
    }

    /// The deadline of the exchange has passed. May come at any moment.
    pub fn deadline_passed(&mut self) -> Verdict {
        self.give_up(Reason::UpstreamTimeout, Cause::Deadline)
    }

    /// The client closed or reset its connection. May come at any moment.
    pub fn client_gone(&mut self) -> Verdict {
        if !matches!(self.phase, Phase::Over(_)) {
            self.phase = Phase::Over(Outcome::Cut(Cause::ClientGone));
        }
        Verdict::Cut
    }

    /// When the whole exchange must be over, in nanoseconds.
    #[must_use]
    pub fn deadline(&self) -> u64 {
        self.deadline
    }

    /// The method of the request.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// How it ended; `None` while it goes on.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        match self.phase {
            Phase::Over(outcome) => Some(outcome),
            Phase::Choosing | Phase::Trying(_) | Phase::Answering => None,
        }
    }

    /// How many attempts were started.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Whether a failed attempt was followed by a verdict to retry.
    #[must_use]
    pub fn retried(&self) -> bool {
        self.retried
    }

    /// Whether the client has seen bytes of a final response that is not complete.
    #[must_use]
    pub fn is_answering(&self) -> bool {
        self.phase == Phase::Answering
    }

    /// Only a connection that went stale in the pool is worth another try, and only when the request can be made again
    /// in full and the upstream cannot have acted on it, or may act on it twice (RFC 9110 section 9.2.2; RFC 9112
    /// section 9.3.1).
    fn may_retry(&self, attempt: Attempt, failure: AttemptFailure, now: u64) -> bool {
        let stale = attempt.pooled && failure == AttemptFailure::Reset && !attempt.response_received;
        let repeatable = !self.body_forwarded && (self.method.is_idempotent() || !attempt.request_sent);
        stale && repeatable && !self.retried && now < self.deadline
    }

    /// Ends the exchange as well as is still possible.
    fn give_up(&mut self, reason: Reason, cause: Cause) -> Verdict {
        let (outcome, verdict) = match self.phase {
            Phase::Choosing | Phase::Trying(_) => (Outcome::Replied(reason), Verdict::Reply(reason)),
            Phase::Answering => (Outcome::Cut(cause), Verdict::Cut),
            // The client has its response or its reply already: a second one must never follow.
            Phase::Over(_) => return Verdict::Cut,
        };
        self.phase = Phase::Over(outcome);
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bodiless request on a connection from the pool, its head sent.
    fn pooled(method: Method) -> Exchange {
        let mut exchange = Exchange::new(method, false, 100);
        exchange.attempt_started(true);
        exchange.request_bytes_sent();
        exchange
    }

    #[test]
    fn a_stale_pooled_connection_is_retried_once() {
        let mut exchange = pooled(Method::Get);
        assert_eq!(exchange.attempt_failed(AttemptFailure::Reset, 1), Verdict::Retry);
        exchange.attempt_started(false);
        assert_eq!(exchange.attempt_failed(AttemptFailure::Reset, 2), Verdict::Reply(Reason::UpstreamReset));
        assert!(exchange.retried());
        assert_eq!((exchange.attempts(), exchange.outcome()), (2, Some(Outcome::Replied(Reason::UpstreamReset))));
    }

    #[test]
    fn nothing_else_is_retried() {
        let reply = |failure: AttemptFailure| Verdict::Reply(failure.reason());
        for failure in [AttemptFailure::Connect, AttemptFailure::Timeout, AttemptFailure::Malformed] {
            assert_eq!(pooled(Method::Get).attempt_failed(failure, 1), reply(failure));
        }
        let reset = AttemptFailure::Reset;
        assert_eq!(pooled(Method::Post).attempt_failed(reset, 1), reply(reset), "the server may have acted");
        assert_eq!(pooled(Method::Get).attempt_failed(reset, 100), reply(reset), "the deadline has passed");

        let mut fresh = Exchange::new(Method::Get, false, 100);
        fresh.attempt_started(false);
        assert_eq!(fresh.attempt_failed(reset, 1), reply(reset), "the connection was not stale");

        let mut answered = pooled(Method::Get);
        answered.response_byte_received();
        assert_eq!(answered.attempt_failed(reset, 1), reply(reset), "the server was answering");

        let mut with_body = Exchange::new(Method::Put, true, 100);
        with_body.attempt_started(true);
        with_body.body_forwarded();
        assert_eq!(with_body.attempt_failed(reset, 1), reply(reset), "the body is gone");
    }

    #[test]
    fn any_method_may_be_sent_again_when_nothing_was_sent() {
        let mut exchange = Exchange::new(Method::Post, true, 100);
        exchange.attempt_started(true);
        assert_eq!(exchange.attempt_failed(AttemptFailure::Reset, 1), Verdict::Retry);
    }

    #[test]
    fn a_response_that_has_begun_can_only_be_cut() {
        let begun = || {
            let mut exchange = Exchange::new(Method::Post, true, 100);
            exchange.attempt_started(false);
            exchange.response_started();
            exchange
        };
        assert_eq!(begun().attempt_failed(AttemptFailure::Reset, 1), Verdict::Cut);
        assert_eq!(begun().response_broken(), Verdict::Cut);
        assert_eq!(begun().deadline_passed(), Verdict::Cut);
        assert_eq!(begun().body_violation(Reason::BodyTooLarge), Verdict::Cut);
        assert_eq!(begun().client_gone(), Verdict::Cut);
    }

    #[test]
    fn after_an_interim_response_a_reply_is_possible_and_a_retry_is_not() {
        let mut exchange = pooled(Method::Get);
        exchange.interim_forwarded();
        let failure = AttemptFailure::Reset;
        assert_eq!(exchange.attempt_failed(failure, 1), Verdict::Reply(Reason::UpstreamReset));
    }

    #[test]
    fn what_comes_after_the_end_never_makes_a_second_response() {
        let mut exchange = Exchange::new(Method::Post, true, 100);
        assert_eq!(exchange.deadline_passed(), Verdict::Reply(Reason::UpstreamTimeout));
        assert_eq!(exchange.body_violation(Reason::BodyTimeout), Verdict::Cut);
        assert_eq!(exchange.client_gone(), Verdict::Cut);
        assert_eq!(exchange.outcome(), Some(Outcome::Replied(Reason::UpstreamTimeout)), "the first end counts");
    }
}
