//! Hedging: a request that has no answer after a while goes to another endpoint as well, and the first that answers wins.
//!
//! Only the waiting for the first sign of an answer is here; the relay goes on with the winner as if it had been alone.
//! The other one is kept until the winner's response has begun, in case it is not worth having; then its connection is
//! closed, which says nothing about its endpoint. Whether there may be a second attempt is decided by the engine
//! (`exchange/hedge.rs`) and by the retry budget.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll};

use supplex_engine::stats::block::{AttemptResult, HedgeResult};

use super::Running;
use crate::ring::{Received, Socket};
use crate::worker::connection::nanos;
use crate::worker::forward::{Unreached, acquire};
use crate::worker::learn::Ended;
use crate::worker::request::Request;
use crate::worker::upstream::{Attempt, LiveUpstream};

/// An attempt whose request was sent, with its connection.
pub(crate) struct Way {
    pub(crate) attempt: Attempt,
    pub(crate) socket: Socket,
    pub(crate) pooled: bool,
    /// When the attempt was begun, on the ring's clock.
    pub(crate) begun: u64,
    /// Since when an answer may come.
    pub(crate) sent_at: u64,
    /// The second one, made because the first did not answer.
    pub(crate) hedge: bool,
}

impl Way {
    /// The other one has answered: closes the connection and counts it.
    pub(crate) fn overtaken(self, request: &Request, upstream: &LiveUpstream, now: u64) {
        upstream.block.hedges(if self.hedge { HedgeResult::Lost } else { HedgeResult::Won }).increment();
        self.give_up(request, upstream, now);
    }

    fn give_up(self, request: &Request, upstream: &LiveUpstream, now: u64) {
        give_up(&self.attempt, request, upstream, now);
    }
}

fn give_up(attempt: &Attempt, request: &Request, upstream: &LiveUpstream, now: u64) {
    attempt.count(AttemptResult::Cancelled);
    upstream.learn(attempt, Ended::Failed(AttemptResult::Cancelled), now);
    request.trace.attempt_over(attempt, request.upstream, now);
}

/// What is waited for beside the second connection.
enum Sign {
    /// The first endpoint answers or breaks the connection, the client left, or the time of the attempt is over: all of it
    /// is the relay's to handle.
    First,
    Second,
}

impl Running<'_> {
    /// Waits for the first sign of an answer, with a second attempt if it takes too long; returns the one that gave it.
    /// The other, if there is one, is in [`Running::other`].
    pub(super) async fn race(&mut self, first: Way) -> Way {
        let Some(after) = self.exchange.hedge_after().filter(|_| self.may_repeat()) else { return first };
        let until = first.begun.saturating_add(after);
        if !poll_fn(|cx| self.poll_silence(&first, until, cx)).await {
            return first;
        }
        // It is rare and large, and not to make every exchange larger.
        Box::pin(self.hedge(first)).await
    }

    /// Makes the second attempt, if it may be made, and waits for the first sign of either.
    async fn hedge(&mut self, first: Way) -> Way {
        let worker = &self.connection.worker;
        let second = match self.upstream.attempt_beside(worker, self.request.hash, &mut self.tried, &first.attempt) {
            Ok(second) => second,
            Err(result) => {
                if let Some(result) = result {
                    self.upstream.block.hedges(result).increment();
                }
                return first;
            }
        };
        let Some(second) = self.reach_beside(&first, second).await else { return first };
        let sign = poll_fn(|cx| self.poll_first_sign(&first, &second, cx)).await;
        let (winner, other) = match sign {
            Sign::First => (first, second),
            Sign::Second => (second, first),
        };
        self.exchange.hedged(winner.pooled);
        self.other = Some(other);
        winner
    }

    /// Goes on with the one that was beside the attempt that failed.
    pub(super) fn turn_to(&mut self, other: Way) -> Way {
        self.upstream.block.hedges(if other.hedge { HedgeResult::Won } else { HedgeResult::Failed }).increment();
        self.exchange.goes_on_with_other(other.pooled);
        self.tally.upstream_time.start(self.connection.worker.ring.coarse_now());
        other
    }

    /// The exchange is over, and so is what runs beside.
    pub(super) fn give_up_other(&mut self) {
        if let Some(other) = self.other.take() {
            self.upstream.block.hedges(HedgeResult::Cancelled).increment();
            other.give_up(&self.request, &self.upstream, self.connection.worker.ring.coarse_now());
        }
    }

    /// A tunnel has one other end, and what is not kept cannot be sent twice.
    fn may_repeat(&self) -> bool {
        !self.request.upgrade && self.body.is_done() && self.beginning.is_kept()
    }

    /// When the exchange or this attempt has taken too long.
    fn end_of(&self, way: &Way) -> u64 {
        let attempt = way.sent_at.saturating_add(nanos(self.upstream.settings.attempt_timeout));
        attempt.min(self.exchange.deadline())
    }

    /// Ready with true at `until` if there was no sign of an answer, with false if there was one or anything else happened.
    fn poll_silence(&self, way: &Way, until: u64, cx: &Context<'_>) -> Poll<bool> {
        if self.poll_sign(way, cx).is_ready() {
            return Poll::Ready(false);
        }
        let end = self.end_of(way);
        let connection = &*self.connection;
        let passed = connection.deadline.poll_until(cx, &connection.worker.ring, || until.min(end));
        passed.map(|()| connection.worker.ring.coarse_now() < end)
    }

    /// Ready when the endpoint has sent something or ended the connection, or the client has left.
    fn poll_sign(&self, way: &Way, cx: &Context<'_>) -> Poll<()> {
        if self.connection.socket.poll_broken(cx).is_ready() {
            return Poll::Ready(());
        }
        way.socket.poll_recv(cx).map(|received| {
            if let Received::Data(chunk) = received {
                way.socket.unread(chunk);
            }
        })
    }

    /// Connects for the second attempt and sends the request, unless the first one gives a sign meanwhile.
    async fn reach_beside(&mut self, first: &Way, second: Attempt) -> Option<Way> {
        let worker = std::rc::Rc::clone(&self.connection.worker);
        let (begun, deadline) = (worker.ring.precise_now(), self.exchange.deadline());
        second.set_begun(begun);
        let span = self.request.trace.attempt_id(&worker, false);
        second.span.begin(span, begun, true);
        let timer = worker.timers.deadline();
        let acquired = {
            let (endpoint, settings) = (second.endpoint(), &self.upstream.settings);
            let mut acquiring = pin!(acquire(self.connection, &timer, endpoint, false, settings, deadline));
            let end = self.end_of(first);
            poll_fn(|cx| {
                if !matches!(self.poll_silence(first, end, cx), Poll::Pending) {
                    return Poll::Ready(Err(None));
                }
                acquiring.as_mut().poll(cx).map_err(Some)
            })
            .await
        };
        let now = worker.ring.coarse_now();
        let failed = match acquired {
            Ok((socket, pooled)) => {
                second.set_pooled(pooled);
                if let Some(opening) = self.beginning.send(&worker, deadline, now, span) {
                    socket.send_opening(opening);
                    return Some(Way { attempt: second, socket, pooled, begun, sent_at: now, hedge: true });
                }
                HedgeResult::Cancelled
            }
            Err(Some(Unreached::Connect)) => {
                second.count(AttemptResult::Connect);
                self.upstream.learn(&second, Ended::Failed(AttemptResult::Connect), now);
                self.request.trace.attempt_over(&second, self.request.upstream, now);
                self.upstream.block.hedges(HedgeResult::Failed).increment();
                return None;
            }
            Err(Some(Unreached::Deadline | Unreached::ClientGone)) => HedgeResult::Cancelled,
            Err(None) => HedgeResult::Lost,
        };
        self.upstream.block.hedges(failed).increment();
        give_up(&second, &self.request, &self.upstream, now);
        None
    }

    fn poll_first_sign(&self, first: &Way, second: &Way, cx: &Context<'_>) -> Poll<Sign> {
        if self.poll_sign(first, cx).is_ready() {
            return Poll::Ready(Sign::First);
        }
        if self.poll_sign(second, cx).is_ready() {
            return Poll::Ready(Sign::Second);
        }
        let (one, other) = (self.end_of(first), self.end_of(second));
        let connection = &*self.connection;
        let passed = connection.deadline.poll_until(cx, &connection.worker.ring, || one.min(other));
        passed.map(|()| if one <= other { Sign::First } else { Sign::Second })
    }
}
