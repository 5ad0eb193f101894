//! One exchange, from a request that was routed to its end: attempts, and what their failures lead to.
//!
//! The engine's [`Exchange`] decides what is still possible when something breaks; this module makes the attempts
//! (`forward.rs` for the connection, `relay.rs` for the bytes), does as the verdict says and accounts for the whole.

use std::rc::Rc;

use supplex_engine::exchange::{AttemptFailure, Exchange, Verdict};
use supplex_engine::http1::{BodyDecoder, Framing};
use supplex_engine::reason::Reason;
use supplex_engine::stats::block::AttemptResult;

use super::account::{Outcome, account};
use super::connection::{After, Connection, nanos};
use super::forward::{Unreached, acquire};
use super::intake::{Plan, Refusal};
use super::learn::{Ended, draw};
use super::relay::{End, Relay};
use super::request::Request;
use super::tunnel;
use super::upstream::{Attempt, LiveUpstream};
use crate::ring::Opening;

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
}

/// Runs the exchange to its end.
pub(super) async fn run(connection: &mut Connection, plan: Plan) -> After {
    let Plan { request, opening, body, has_body_bytes } = plan;
    let Some(upstream) = request.upstream.and_then(|id| request.live.upstream(id)).cloned() else {
        return turn_away(connection, request, Reason::Internal);
    };
    let Some(_admission) = upstream.admit() else {
        return turn_away(connection, request, Reason::UpstreamBusy);
    };
    let timeout = request.route.and_then(|id| request.live.route(id)).map_or(0, |route| nanos(route.timeout));
    let has_body = request.framing != Framing::None;
    let exchange = Exchange::new(request.method, has_body, request.started + timeout);
    let mut running = Running { connection, request, upstream, exchange, tally: Tally::default(), body, reason: None };
    let (after, endpoint) = running.run(opening, has_body_bytes).await;
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
    /// Follows the request body.
    body: BodyDecoder,
    /// Why the gateway answered itself or gave up.
    reason: Option<Reason>,
}

/// What an attempt leaves to do.
enum Next {
    Again,
    Ended(After),
}

impl Running<'_> {
    /// Makes attempts until one is final. Returns the last endpoint's attempt for the account.
    async fn run(&mut self, mut opening: Opening, has_body_bytes: bool) -> (After, Option<Attempt>) {
        loop {
            let Some(endpoint) = self.upstream.pick(draw(&self.connection.worker, &self.request)) else {
                let verdict = self.exchange.refused(Reason::UpstreamNone);
                return (self.conclude(verdict), None);
            };
            let attempt = endpoint.begin();
            // Only what holds no body can be sent a second time.
            let again = (!has_body_bytes && !self.exchange.retried()).then(|| opening.share());
            let next = self.attempt(&attempt, opening, has_body_bytes).await;
            match (next, again) {
                (Next::Ended(after), _) => return (after, Some(attempt)),
                (Next::Again, Some(again)) => opening = again,
                // The engine allows one retry, and none after body bytes.
                (Next::Again, None) => return (self.give_reply(Reason::Internal), Some(attempt)),
            }
        }
    }

    async fn attempt(&mut self, attempt: &Attempt, opening: Opening, has_body_bytes: bool) -> Next {
        let worker = Rc::clone(&self.connection.worker);
        let begun = worker.ring.precise_now();
        if !self.exchange.retried() {
            self.tally.overhead += begun.saturating_sub(self.request.started);
        }
        let fresh = self.exchange.retried();
        let deadline = self.exchange.deadline();
        let acquired = acquire(self.connection, attempt.endpoint(), fresh, &self.upstream.settings, deadline).await;
        let (socket, pooled) = match acquired {
            Ok(acquired) => acquired,
            Err(unreached) => return self.unreached(attempt, unreached),
        };
        self.exchange.attempt_started(pooled);
        self.exchange.request_bytes_sent();
        if has_body_bytes {
            self.exchange.body_forwarded();
        }
        socket.send_opening(opening);
        let relay = Relay::new(
            self.connection,
            &self.request,
            &self.upstream,
            &mut self.exchange,
            &mut self.tally,
            &mut self.body,
            attempt,
            socket,
            begun,
        );
        let (end, socket) = relay.run().await;
        match end {
            End::Complete { reusable, after } => {
                self.exchange.response_finished();
                if reusable {
                    let settings = &self.upstream.settings;
                    attempt.endpoint().keep_idle(socket, worker.ring.coarse_now(), settings.idle_per_worker);
                }
                Next::Ended(after)
            }
            End::Switched => {
                let idle = nanos(self.connection.listener.settings().idle_timeout);
                let moved = tunnel::run(self.connection, &socket, idle).await;
                self.tally.received += moved.up;
                self.tally.sent += moved.down;
                self.exchange.response_finished();
                Next::Ended(After::Gone)
            }
            failed => self.failed(attempt, &failed),
        }
    }

    fn unreached(&mut self, attempt: &Attempt, unreached: Unreached) -> Next {
        let verdict = match unreached {
            Unreached::Connect => {
                attempt.count(AttemptResult::Connect);
                self.learn(attempt, AttemptResult::Connect);
                self.exchange.refused(Reason::UpstreamConnect)
            }
            Unreached::Deadline => {
                attempt.count(AttemptResult::Timeout);
                self.learn(attempt, AttemptResult::Timeout);
                self.exchange.deadline_passed()
            }
            Unreached::ClientGone => {
                attempt.count(AttemptResult::Cancelled);
                self.exchange.client_gone()
            }
        };
        Next::Ended(self.conclude(verdict))
    }

    fn learn(&self, attempt: &Attempt, result: AttemptResult) {
        self.upstream.learn(attempt, Ended::Failed(result), self.connection.worker.ring.coarse_now());
    }

    fn failed(&mut self, attempt: &Attempt, end: &End) -> Next {
        let now = self.connection.worker.ring.coarse_now();
        let answering = self.exchange.is_answering();
        let (result, verdict) = match end {
            End::Failed(failure) => {
                self.reason = Some(failure.reason());
                (result_of(*failure), self.exchange.attempt_failed(*failure, now))
            }
            End::Deadline => {
                self.reason = Some(Reason::UpstreamTimeout);
                (AttemptResult::Timeout, self.exchange.deadline_passed())
            }
            End::ClientFault(reason) => {
                self.reason = Some(*reason);
                (AttemptResult::Cancelled, self.exchange.body_violation(*reason))
            }
            End::Complete { .. } | End::Switched | End::ClientGone => {
                (AttemptResult::Cancelled, self.exchange.client_gone())
            }
        };
        // An attempt whose response head arrived was counted then.
        if !answering {
            attempt.count(result);
            self.learn(attempt, result);
        }
        if verdict == Verdict::Retry {
            self.reason = None;
            return Next::Again;
        }
        Next::Ended(self.conclude(verdict))
    }

    fn conclude(&mut self, verdict: Verdict) -> After {
        match verdict {
            Verdict::Reply(reason) => self.give_reply(reason),
            Verdict::Cut | Verdict::Retry => After::Gone,
        }
    }

    fn give_reply(&mut self, reason: Reason) -> After {
        self.reason = Some(reason);
        self.tally.status = Some(reason.status());
        // What is left of the body would be taken for the next request.
        let close = !self.body.is_done();
        let (after, sent) = self.connection.reply(&self.request, reason, reason.row().title, close);
        self.tally.sent += sent;
        after
    }

    fn account(&self, attempt: Option<&Attempt>) {
        let block = &self.upstream.block;
        if self.exchange.retried() {
            let answered = self.reason.is_none();
            if answered { block.retried.increment() } else { block.retry_failed.increment() }
        }
        let Tally { status, received, sent, overhead } = self.tally;
        let outcome = Outcome {
            status,
            reason: self.reason,
            endpoint: attempt.map(|attempt| &*attempt.endpoint().label),
            retried: self.exchange.retried(),
            received: received + self.body.data_bytes(),
            sent,
            overhead,
        };
        account(&self.connection.worker, self.connection.peer, &self.connection.record, &self.request, &outcome);
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
