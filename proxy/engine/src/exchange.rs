//! The life of one exchange after its request head was accepted: events in, verdicts out.
//!
//! It knows what became known to whom: which bytes the upstream may have acted on, and which the client has seen. From
//! that follows what is still possible when something breaks. It owns no bytes, no sockets and no clock, and it never
//! chooses an endpoint (`upstream/balancer.rs`). `exchange/retry.rs` has what a route allows, `exchange/hedge.rs` is about a second attempt beside the first, `exchange/deadline.rs` how time is told. `exchange/outcome.rs` holds what it says; the shell's
//! `worker/exchange.rs` tells it what happened and does as the verdict says.
//!
//! Events that cannot happen in the present state are defects of the caller: they stop a debug build, and in a release
//! build they lead to nothing that could reach a client or an upstream twice.

pub mod deadline;
mod hedge;
mod outcome;
pub mod retry;
pub mod stages;

pub use outcome::{AttemptFailure, Cause, Outcome, Verdict};
pub use retry::RetryRule;

use crate::http1::Method;
use crate::reason::Reason;
use retry::Trouble;

/// Where the exchange stands.
///
/// ```text
///               attempt_started              response_started              response_finished
///  ┌──────────┐ ──────────────▶ ┌────────┐ ────────────────▶ ┌───────────┐ ────────────────▶ Over(Forwarded)
///  │ Choosing │                 │ Trying │                   │ Answering │
///  └──────────┘ ◀────────────── └────────┘                   └───────────┘
///        │  attempt_failed = Retry, │                              │
///        │  status_received = true  │                              │
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
    rule: RetryRule,
    body_forwarded: bool,
    /// An interim response went to the client.
    interim: bool,
    attempts: u32,
    /// Retries that the route asked for.
    retries: u32,
    /// A stale connection was followed by another attempt.
    stale: bool,
    /// The next attempt must not run on a pooled connection.
    fresh: bool,
    /// An attempt was made beside another, and whether one is under way beside the one that is listened to.
    hedged: bool,
    beside: bool,
}

impl Exchange {
    /// An exchange whose request head was accepted. `body` says whether the request has one; `deadline` is the time in
    /// nanoseconds at which the whole exchange must be over.
    #[must_use]
    pub fn new(method: Method, body: bool, deadline: u64) -> Self {
        let (phase, rule) = (Phase::Choosing, RetryRule::default());
        Self {
            method,
            body,
            deadline,
            phase,
            rule,
            body_forwarded: false,
            interim: false,
            attempts: 0,
            retries: 0,
            stale: false,
            fresh: false,
            hedged: false,
            beside: false,
        }
    }

    /// The same exchange on a route that wants more than stale connections to be retried.
    #[must_use]
    pub fn with_retries(self, rule: RetryRule) -> Self {
        Self { rule, ..self }
    }

    /// What the route and the method allow.
    #[must_use]
    pub fn rule(&self) -> RetryRule {
        self.rule
    }

    /// A connection was chosen for an attempt. `pooled`: it has carried another exchange before. After a connection that
    /// broke it must be a new one, since another could be just as stale; see [`Exchange::needs_fresh`].
    pub fn attempt_started(&mut self, pooled: bool) {
        debug_assert_eq!(self.phase, Phase::Choosing, "an attempt needs a choice before it");
        debug_assert!(!(pooled && self.fresh), "this retry takes a fresh connection");
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
        self.interim = true;
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

    /// The attempt ended without a complete response, at `now`. The verdict is [`Verdict::Retry`] when that is safe, wanted
    /// and, unless it is about a stale connection, allowed by `budget`, which is asked last and at most once.
    pub fn attempt_failed(&mut self, failure: AttemptFailure, now: u64, budget: impl FnOnce() -> bool) -> Verdict {
        if matches!(self.phase, Phase::Trying(_)) && self.turn_to_other() {
            return Verdict::Retry;
        }
        match self.phase {
            Phase::Trying(attempt) if self.was_stale(attempt, failure, now) => {
                self.stale = true;
                self.try_again(failure == AttemptFailure::Reset);
                return Verdict::Retry;
            }
            Phase::Trying(attempt) if self.may_retry(attempt, Trouble::Failure(failure), now) && budget() => {
                self.retries += 1;
                self.try_again(failure == AttemptFailure::Reset);
                return Verdict::Retry;
            }
            Phase::Trying(_) | Phase::Answering => {}
            Phase::Choosing | Phase::Over(_) => debug_assert!(false, "no attempt runs that could fail"),
        }
        self.give_up(failure.reason(), Cause::Upstream(failure))
    }

    /// The head of a final response came, with this status, and nothing of it has gone to the client. True when another
    /// attempt is to be made in its place, as for [`Exchange::attempt_failed`]; false when the response is to be passed on.
    #[must_use = "a response that is given up must not be passed on"]
    pub fn status_received(&mut self, status: u16, now: u64, budget: impl FnOnce() -> bool) -> bool {
        let Phase::Trying(attempt) = self.phase else { return false };
        if self.beside && self.rule.covers(Trouble::Status(status)) {
            return self.turn_to_other();
        }
        let again = self.may_retry(attempt, Trouble::Status(status), now) && budget();
        if again {
            self.retries += 1;
            self.try_again(false);
        }
        again
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

    /// Whether an attempt was followed by a verdict to retry.
    #[must_use]
    pub fn retried(&self) -> bool {
        self.stale || self.retries > 0
    }

    /// How many retries the route asked for; that of a stale connection is not among them.
    #[must_use]
    pub fn retries(&self) -> u32 {
        self.retries
    }

    /// Whether the next attempt needs a connection that was never used.
    #[must_use]
    pub fn needs_fresh(&self) -> bool {
        self.fresh
    }

    /// Whether the client has seen bytes of a final response that is not complete.
    #[must_use]
    pub fn is_answering(&self) -> bool {
        self.phase == Phase::Answering
    }

    fn try_again(&mut self, fresh: bool) {
        self.fresh = fresh;
        self.phase = Phase::Choosing;
    }

    /// A connection that went stale in the pool is worth another try on any route, once.
    fn was_stale(&self, attempt: Attempt, failure: AttemptFailure, now: u64) -> bool {
        let stale = attempt.pooled && failure == AttemptFailure::Reset && !attempt.response_received;
        stale && !self.stale && self.can_repeat(attempt) && now < self.deadline
    }

    /// Whether the route wants another attempt, and none can do harm.
    fn may_retry(&self, attempt: Attempt, trouble: Trouble, now: u64) -> bool {
        let wanted = self.retries < self.rule.max() && self.rule.covers(trouble);
        wanted && !self.interim && self.can_repeat(attempt) && now < self.deadline
    }

    /// Whether the request can be made again in full, and the upstream cannot have acted on it or may act on it twice (RFC
    /// 9110 section 9.2.2; RFC 9112 section 9.3.1).
    fn can_repeat(&self, attempt: Attempt) -> bool {
        !self.body_forwarded && (!attempt.request_sent || self.rule.may_repeat(self.method))
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
mod tests;
