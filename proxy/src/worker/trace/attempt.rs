//! What an attempt knows of its span. It is told by whoever counts the attempt, and read once it is over.

use std::cell::Cell;

use supplex_engine::config::UpstreamId;
use supplex_engine::stats::block::AttemptResult;
use supplex_engine::trace::{Attempt, SpanId};

/// The span of an attempt under way.
#[derive(Default)]
pub(in crate::worker) struct AttemptSpan {
    /// The position of the endpoint.
    endpoint: u16,
    probe: bool,
    hedge: Cell<bool>,
    /// Its id, and when it began; `None` until the request is on its way, and once it was told.
    begun: Cell<Option<(SpanId, u64)>>,
    result: Cell<Option<AttemptResult>>,
    status: Cell<Option<u16>>,
}

impl AttemptSpan {
    /// `probe`: the endpoint's breaker let it through to see how it does.
    pub(in crate::worker) fn new(position: usize, probe: bool) -> Self {
        // Balancers choose among fewer than 65536.
        Self { endpoint: u16::try_from(position).unwrap_or(u16::MAX), probe, ..Self::default() }
    }

    /// It begins. `hedge`: beside another one.
    pub(in crate::worker) fn begin(&self, id: SpanId, now: u64, hedge: bool) {
        self.begun.set(Some((id, now)));
        self.hedge.set(hedge);
    }

    /// A response head with this status arrived.
    pub(in crate::worker) fn answered(&self, status: u16) {
        self.status.set(Some(status));
    }

    /// It ended so, as far as is known. What is told last counts.
    pub(in crate::worker) fn ended(&self, result: AttemptResult) {
        self.result.set(Some(result));
    }

    /// All of it, now that it is over; once.
    pub(super) fn over(&self, upstream: Option<UpstreamId>, pooled: bool, now: u64) -> Option<Attempt> {
        let (span, begun) = self.begun.take()?;
        Some(Attempt {
            span,
            upstream,
            endpoint: self.endpoint,
            begun,
            // The clock of a pass may stand before what was read within it.
            ended: now.max(begun),
            result: self.result.get(),
            status: self.status.get(),
            pooled,
            hedge: self.hedge.get(),
            probe: self.probe,
        })
    }
}
