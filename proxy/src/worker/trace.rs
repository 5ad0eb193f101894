//! The trace that a request is part of, from its head to the spans that are made of it.
//!
//! The engine decides (`supplex_engine::trace`); this module reads the head, makes the ids, remembers what happens while
//! the exchange runs and hands it over at the end if it is worth spans. Most exchanges are not: for those all of it is ids,
//! a field in the head and a few notes in memory that is used again. `trace/attempt.rs` is what an attempt knows of its span.

pub(super) mod attempt;
mod spare;

use std::cell::RefCell;
use std::net::IpAddr;

use supplex_engine::config::UpstreamId;
use supplex_engine::http1::forwarded::client_address;
use supplex_engine::http1::{Onward, RequestHead};
use supplex_engine::reason::Reason;
use supplex_engine::trace::{Flags, Happening, Kept, SpanId, TraceId, TraceParent, Trail, state};

use super::Worker;
use super::account::Outcome;
use super::connection::nanos;
use super::live::Live;
use super::record::Record;
use super::request::Request;
use super::upstream::Attempt;
use crate::link::spans::Finished;
pub(super) use spare::Spans;

/// A request's place in its trace.
pub(super) struct Trace {
    /// The trace.
    pub(super) id: TraceId,
    parent: Option<SpanId>,
    own: SpanId,
    /// The span of the first attempt, which the head is written with.
    first: SpanId,
    flags: Flags,
    keeps_state: bool,
    /// What happened so far; `None` when spans go nowhere.
    trail: RefCell<Option<Box<Trail>>>,
}

impl Trace {
    /// Of a request whose head is complete.
    pub(super) fn begin(worker: &Worker, live: &Live, head: &RequestHead, bytes: &[u8], peer: IpAddr) -> Self {
        let parent = TraceParent::of(head, bytes);
        let keeps_state = parent.is_some() && state::holds(head, bytes);
        let trace = Self::with(worker, live, parent, keeps_state);
        if let Some(trail) = &mut *trace.trail.borrow_mut() {
            let gateway = &live.snapshot.gateway;
            let client = gateway.trusts(peer).then(|| client_address(head, bytes, peer, |it| gateway.trusts(it)));
            trail.begin(head.host(bytes), client);
        }
        trace
    }

    /// Of a request that could not be parsed.
    pub(super) fn fresh(worker: &Worker, live: &Live) -> Self {
        let trace = Self::with(worker, live, None, false);
        if let Some(trail) = &mut *trace.trail.borrow_mut() {
            trail.begin(b"", None);
        }
        trace
    }

    fn with(worker: &Worker, live: &Live, parent: Option<TraceParent>, keeps_state: bool) -> Self {
        let settings = &live.snapshot.telemetry.traces;
        let id = parent.map_or_else(|| TraceId::random(|| worker.random.next()), |parent| parent.trace);
        let sampled = settings.sampler.samples(id, parent);
        Self {
            id,
            parent: parent.map(|parent| parent.span),
            own: worker.span_id(),
            first: worker.span_id(),
            flags: parent.map_or_else(Flags::default, |parent| parent.flags).with_sampled(sampled),
            keeps_state,
            trail: RefCell::new(settings.collector.as_ref().map(|_| worker.spans.spare())),
        }
    }

    /// Whether the trace is sampled.
    pub(super) fn is_sampled(&self) -> bool {
        self.flags.sampled()
    }

    /// What the upstream is told in the first attempt.
    pub(super) fn onward(&self) -> Onward {
        let parent = TraceParent { trace: self.id, span: self.first, flags: self.flags };
        Onward { parent, keeps_state: self.keeps_state }
    }

    /// The id of the next attempt's span. `is_first`: no other one was made.
    pub(super) fn attempt_id(&self, worker: &Worker, is_first: bool) -> SpanId {
        if is_first { self.first } else { worker.span_id() }
    }

    /// Notes something at this moment of the worker's clock.
    pub(super) fn note(&self, at: u64, what: impl FnOnce() -> Happening) {
        if let Some(trail) = &mut *self.trail.borrow_mut() {
            trail.note(at, what());
        }
    }

    /// Notes an attempt that is over.
    pub(super) fn attempt_over(&self, attempt: &Attempt, upstream: Option<UpstreamId>, now: u64) {
        if let Some(trail) = &mut *self.trail.borrow_mut()
            && let Some(over) = attempt.span.over(upstream, attempt.is_pooled(), now)
        {
            trail.add(over);
        }
    }

    /// Hands the exchange over if it is worth spans.
    pub(super) fn finish(
        &self,
        worker: &Worker,
        peer: IpAddr,
        record: &Record,
        request: &Request,
        outcome: &Outcome<'_>,
        duration: u64,
    ) {
        let Some(trail) = self.trail.borrow_mut().take() else { return };
        let failed = has_failed(outcome);
        let slow_after = nanos(request.live.snapshot.telemetry.traces.slow_after);
        let Some(kept) = Kept::judge(self.is_sampled(), failed, duration, slow_after) else {
            return worker.spans.give_back(trail);
        };
        let target = record.target();
        let path = memchr::memchr(b'?', target).and_then(|end| target.get(..end)).unwrap_or(target);
        let finished = Finished {
            snapshot: std::sync::Arc::clone(&request.live.snapshot),
            trace: self.id,
            parent: self.parent,
            span: self.own,
            flags: self.flags,
            kept,
            route: request.route,
            upstream: request.upstream,
            method: request.method,
            version: request.version,
            method_token: record.method().into(),
            path: path.into(),
            request_id: record.id().into(),
            peer,
            status: outcome.status,
            reason: outcome.reason,
            failed,
            started: request.started,
            since_1970: worker.clock.since_1970(),
            duration,
            overhead: outcome.overhead,
            received: outcome.received,
            sent: outcome.sent,
            trail,
        };
        worker.block.span_drops.add(worker.spans.hand_over(finished));
    }
}

/// Whether the gateway or what is behind it failed, as opposed to the client; a fallback that stood in is no failure.
fn has_failed(outcome: &Outcome<'_>) -> bool {
    let cut = outcome.reason.is_some_and(|reason| reason != Reason::BreakerOpen && reason.status() >= 500);
    cut || outcome.status.is_some_and(|status| status >= 500)
}

impl Worker {
    fn span_id(&self) -> SpanId {
        SpanId::random(self.random.next())
    }
}
