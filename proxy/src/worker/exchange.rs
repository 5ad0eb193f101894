//! One exchange, from a request that was routed to its end: attempts, and what their failures lead to.
//!
//! The engine's [`Exchange`] decides what is still possible when something breaks; this module makes the attempts
//! (`forward.rs` for the connection, `relay.rs` for the bytes), does as the verdict says and accounts for the whole.
//! `exchange/enter.rs` waits, `exchange/beginning.rs` keeps what may have to be sent again, `exchange/hedge.rs` makes a second attempt
//! beside one that takes long, `exchange/conclude.rs` ends it.

pub(super) mod beginning;
mod conclude;
mod enter;
pub(super) mod hedge;
pub(super) mod upstream_time;

use std::rc::Rc;

use supplex_engine::exchange::{AttemptFailure, Exchange, Verdict};
use supplex_engine::http1::{BodyDecoder, Framing};
use supplex_engine::reason::Reason;
use supplex_engine::stats::block::AttemptResult;
use supplex_engine::trace::Happening;
use supplex_engine::upstream::Tried;

use super::admission::Admission;
use super::connection::{After, Connection, nanos};
use super::forward::{Unreached, acquire};
use super::intake::{Plan, Refusal};
use super::learn::Ended;
use super::relay::{End, Relay};
use super::request::Request;
use super::tunnel;
use super::upstream::{Attempt, LiveUpstream, Unavailable};
use beginning::Beginning;
use hedge::Way;
use upstream_time::UpstreamTime;

/// What an exchange adds up while it runs.
#[derive(Default)]
pub(super) struct Tally {
    /// The status the client got.
    pub(super) status: Option<u16>,
    /// Payload bytes from the client, and bytes of responses to it.
    pub(super) received: u64,
    pub(super) sent: u64,
    /// Nanoseconds the gateway itself took.
    pub(super) overhead: u64,
    pub(super) upstream_time: UpstreamTime,
}

/// Runs the exchange to its end.
pub(super) async fn run(connection: &mut Connection, plan: Plan) -> After {
    let Plan { request, beginning, body, deadline, rule } = plan;
    let Some(upstream) = request.upstream.and_then(|id| request.live.upstream(id)).cloned() else {
        return turn_away(connection, request, Reason::Internal);
    };
    let retries = request.route.and_then(|id| request.live.route(id)).and_then(|route| route.retries);
    let backoff = retries.map_or(0, |retries| nanos(retries.backoff));
    if rule.wants_more() {
        upstream.count_request(connection.worker.ring.coarse_now());
    }
    let has_body = request.framing != Framing::None;
    let exchange = Exchange::new(request.method, has_body, deadline).with_retries(rule);
    let mut running = Running {
        connection,
        request,
        upstream,
        exchange,
        tally: Tally::default(),
        beginning,
        body,
        reason: None,
        retry_after: None,
        stand_in: None,
        failure: None,
        backoff,
        waited: 0,
        tried: Tried::default(),
        other: None,
    };
    let (after, endpoint) = running.run().await;
    running.give_up_other();
    running.account(endpoint.as_ref());
    after
}

/// Refuses what will not be tried.
fn turn_away(connection: &Connection, request: Request, reason: Reason) -> After {
    let close = request.framing != Framing::None;
    connection.refuse(&Refusal { request, reason, detail: reason.row().title, close })
}

/// An exchange under way.
struct Running<'a> {
    connection: &'a mut Connection,
    request: Request,
    upstream: Rc<LiveUpstream>,
    exchange: Exchange,
    tally: Tally,
    beginning: Beginning,
    /// Follows the request body.
    body: BodyDecoder,
    /// Why the gateway answered itself or gave up.
    reason: Option<Reason>,
    /// When to come again, in seconds, if that is known.
    retry_after: Option<u32>,
    /// The place at the upstream of the route's fallback.
    stand_in: Option<Admission>,
    /// What the last attempt failed with, for when no other one can be made.
    failure: Option<Reason>,
    /// The bound of the pause before the first retry, in nanoseconds.
    backoff: u64,
    /// Nanoseconds spent in the queue and in pauses.
    waited: u64,
    /// The endpoints that were tried.
    tried: Tried,
    /// What runs beside the attempt that is listened to.
    other: Option<Way>,
}

/// What an attempt leaves to do.
enum Next {
    Again,
    Ended(After),
}

impl Running<'_> {
    /// Makes attempts until one is final. Returns the last endpoint's attempt for the account.
    async fn run(&mut self) -> (After, Option<Attempt>) {
        let _admission = match self.enter().await {
            Ok(admission) => admission,
            Err(verdict) => return (self.conclude(verdict), None),
        };
        let mut paused = 0;
        loop {
            if let Some(other) = self.other.take() {
                let way = self.turn_to(other);
                let (next, attempt) = self.relay(way).await;
                self.attempt_over(&attempt);
                match next {
                    Next::Ended(after) => return (after, Some(attempt)),
                    Next::Again => continue,
                }
            }
            if self.exchange.retries() > paused {
                paused = self.exchange.retries();
                if let Err(verdict) = self.pause().await {
                    return (self.conclude(verdict), None);
                }
            }
            if self.connection.worker.ring.coarse_now() >= self.exchange.deadline() {
                let verdict = self.exchange.deadline_passed();
                return (self.conclude(verdict), None);
            }
            let worker = &self.connection.worker;
            let attempt = match self.upstream.attempt(worker, self.request.hash, &mut self.tried) {
                Ok(attempt) => attempt,
                Err(unavailable) if self.fall_back(&unavailable) => {
                    self.tried = Tried::default();
                    continue;
                }
                Err(unavailable) => return (self.none_left(&unavailable), None),
            };
            let (next, attempt) = self.attempt(attempt).await;
            self.attempt_over(&attempt);
            if let Next::Ended(after) = next {
                return (after, Some(attempt));
            }
        }
    }

    /// Goes on at the upstream of the route's fallback, if that is the way out.
    fn fall_back(&mut self, unavailable: &Unavailable) -> bool {
        let from = self.request.upstream;
        let Some((upstream, admission)) = self.request.fall_back(unavailable.reason) else { return false };
        let (now, to) = (self.connection.worker.ring.coarse_now(), self.request.upstream);
        self.request.trace.note(now, || Happening::BreakersOpen { upstream: from });
        self.request.trace.note(now, || Happening::FellBack { upstream: to });
        if self.exchange.rule().wants_more() {
            upstream.count_request(self.connection.worker.ring.coarse_now());
        }
        (self.upstream, self.stand_in) = (upstream, Some(admission));
        true
    }

    async fn attempt(&mut self, attempt: Attempt) -> (Next, Attempt) {
        let worker = Rc::clone(&self.connection.worker);
        let begun = worker.ring.precise_now();
        self.request.note_attempt(&attempt.endpoint().label);
        if self.exchange.attempts() == 0 {
            self.tally.overhead += begun.saturating_sub(self.request.started + self.waited);
        }
        self.tally.upstream_time.start(begun);
        if self.body.is_done() {
            attempt.set_begun(begun);
        }
        let span = self.request.trace.attempt_id(&worker, self.exchange.attempts() == 0);
        attempt.span.begin(span, begun, false);
        let (fresh, deadline) = (self.exchange.needs_fresh(), self.exchange.deadline());
        let (connection, settings) = (&*self.connection, &self.upstream.settings);
        let acquired = acquire(connection, &connection.deadline, attempt.endpoint(), fresh, settings, deadline).await;
        let (socket, pooled) = match acquired {
            Ok(acquired) => acquired,
            Err(unreached) => return (self.unreached(&attempt, unreached), attempt),
        };
        attempt.set_pooled(pooled);
        let now = worker.ring.coarse_now();
        if now >= deadline {
            return (self.unreached(&attempt, Unreached::Deadline), attempt);
        }
        self.exchange.attempt_started(pooled);
        self.exchange.request_bytes_sent();
        if self.beginning.gives_body_away() {
            self.exchange.body_forwarded();
        }
        let Some(opening) = self.beginning.send(&worker, deadline, now, span) else {
            // The engine allows no attempt after body bytes were given away.
            return (Next::Ended(self.give_reply(Reason::Internal)), attempt);
        };
        socket.send_opening(opening);
        let way = self.race(Way { attempt, socket, pooled, begun, sent_at: now, hedge: false }).await;
        self.relay(way).await
    }

    /// Passes on what comes and goes until the attempt is over.
    async fn relay(&mut self, way: Way) -> (Next, Attempt) {
        let worker = Rc::clone(&self.connection.worker);
        let relay = Relay::new(
            self.connection,
            &self.request,
            &self.upstream,
            &mut self.exchange,
            &mut self.tally,
            &mut self.body,
            way,
            &mut self.other,
        );
        let (end, attempt, socket) = relay.run().await;
        self.tally.upstream_time.stop(worker.ring.coarse_now());
        if let End::Complete { reusable: true, .. } | End::GivenUp { reusable: true } = end {
            let idle_most = self.upstream.settings.idle_per_worker;
            attempt.endpoint().keep_idle(socket, worker.ring.coarse_now(), idle_most);
            return (self.ended(&attempt, &end), attempt);
        }
        if let End::Switched = end {
            let idle = nanos(self.connection.listener.settings().idle_timeout);
            let moved = tunnel::run(self.connection, &socket, idle).await;
            self.tally.received += moved.up;
            self.tally.sent += moved.down;
            self.exchange.response_finished();
            return (Next::Ended(After::Gone), attempt);
        }
        (self.ended(&attempt, &end), attempt)
    }

    fn ended(&mut self, attempt: &Attempt, end: &End) -> Next {
        match end {
            End::Complete { after, .. } => {
                self.exchange.response_finished();
                Next::Ended(*after)
            }
            End::GivenUp { .. } => Next::Again,
            failed => self.failed(attempt, failed),
        }
    }

    fn unreached(&mut self, attempt: &Attempt, unreached: Unreached) -> Next {
        self.tally.upstream_time.stop(self.connection.worker.ring.coarse_now());
        let verdict = match unreached {
            Unreached::Connect => {
                self.learn(attempt, AttemptResult::Connect);
                self.exchange.attempt_started(false);
                self.attempt_failed(AttemptFailure::Connect)
            }
            Unreached::Deadline => {
                self.excuse(attempt);
                self.learn(attempt, AttemptResult::Timeout);
                self.exchange.deadline_passed()
            }
            Unreached::ClientGone => {
                self.learn(attempt, AttemptResult::Cancelled);
                self.exchange.client_gone()
            }
        };
        self.obey(verdict)
    }

    fn failed(&mut self, attempt: &Attempt, end: &End) -> Next {
        let (result, reason) = match end {
            End::Failed(failure) => (result_of(*failure), Some(failure.reason())),
            End::Deadline => (AttemptResult::Timeout, Some(Reason::UpstreamTimeout)),
            End::ClientFault(reason) => (AttemptResult::Cancelled, Some(*reason)),
            End::Complete { .. } | End::GivenUp { .. } | End::Switched | End::ClientGone => {
                (AttemptResult::Cancelled, None)
            }
        };
        if matches!(end, End::Deadline) {
            self.excuse(attempt);
        }
        attempt.span.ended(result);
        // An attempt whose response head arrived was told of then. It is before the verdict, because whether there is an
        // endpoint for a retry may depend on it.
        if !self.exchange.is_answering() {
            self.learn(attempt, result);
        }
        self.reason = reason.or(self.reason);
        let verdict = match end {
            End::Failed(failure) => self.attempt_failed(*failure),
            End::Deadline => self.exchange.deadline_passed(),
            End::ClientFault(reason) => self.exchange.body_violation(*reason),
            _ => self.exchange.client_gone(),
        };
        self.obey(verdict)
    }

    /// Tells everybody who cares that the attempt ended without an answer.
    fn learn(&self, attempt: &Attempt, result: AttemptResult) {
        attempt.count(result);
        self.upstream.learn(attempt, Ended::Failed(result), self.connection.worker.ring.coarse_now());
    }

    /// The time of the exchange is over: that says nothing about the endpoint if others may have taken it, such as a
    /// client with its body, or a queue.
    fn excuse(&self, attempt: &Attempt) {
        if !self.body.is_done() || self.waited > 0 {
            attempt.excuse();
        }
    }

    fn attempt_failed(&mut self, failure: AttemptFailure) -> Verdict {
        let worker = &self.connection.worker;
        self.failure = Some(failure.reason());
        self.exchange.attempt_failed(failure, worker.ring.coarse_now(), || self.upstream.may_retry(worker))
    }

    fn obey(&mut self, verdict: Verdict) -> Next {
        if verdict == Verdict::Retry {
            self.reason = None;
            return Next::Again;
        }
        Next::Ended(self.conclude(verdict))
    }
}

fn result_of(failure: AttemptFailure) -> AttemptResult {
    match failure {
        AttemptFailure::Connect => AttemptResult::Connect,
        AttemptFailure::Reset => AttemptResult::Reset,
        AttemptFailure::Timeout => AttemptResult::Timeout,
        AttemptFailure::Malformed => AttemptResult::Malformed,
    }
}
