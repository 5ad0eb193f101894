//! Exchanges that are worth spans, on their way to the exporter.
//!
//! They go through a bounded queue that all workers share. One that does not fit is dropped and counted by its worker:
//! nobody waits for an exporter. What is sent is plain data; names and addresses are looked up by the exporter in the
//! snapshot that the exchange ran with.
//! Where to read on: `worker/trace.rs` sends, `sidecar/otlp.rs` exports.

use std::net::IpAddr;
use std::sync::Arc;

use supplex_engine::config::{RouteId, Snapshot, UpstreamId};
use supplex_engine::http1::{Method, Version};
use supplex_engine::reason::Reason;
use supplex_engine::trace::{Flags, Kept, SpanId, TraceId, Trail};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Exchanges that may wait for the exporter; about a kilobyte each.
const EXCHANGES_MOST: usize = 8192;

/// An exchange that is over.
#[derive(Debug)]
pub(crate) struct Finished {
    /// What route, upstreams and limits are looked up in.
    pub snapshot: Arc<Snapshot>,
    /// The trace.
    pub trace: TraceId,
    /// The client's span, if it named one.
    pub parent: Option<SpanId>,
    /// The span of the exchange.
    pub span: SpanId,
    /// What upstreams were told.
    pub flags: Flags,
    /// Why it is worth spans.
    pub kept: Kept,
    /// The route, if one matched.
    pub route: Option<RouteId>,
    /// The upstream that it went to last.
    pub upstream: Option<UpstreamId>,
    /// The method.
    pub method: Method,
    /// The version of HTTP that the client speaks.
    pub version: Version,
    /// The method as the client wrote it; empty when the request could not be parsed.
    pub method_token: Box<[u8]>,
    /// The path in normal form, perhaps cut, without the query.
    pub path: Box<[u8]>,
    /// The id of the request.
    pub request_id: Box<[u8]>,
    /// The other end of the client's connection.
    pub peer: IpAddr,
    /// The status that the client got; `None` when it got no response head.
    pub status: Option<u16>,
    /// Why the gateway answered itself, or gave up.
    pub reason: Option<Reason>,
    /// Whether it counts as failed.
    pub failed: bool,
    /// When it began, on the worker's clock; all times of `trail` are on it too.
    pub started: u64,
    /// What to add to the worker's clock for nanoseconds since 1970.
    pub since_1970: u64,
    /// Nanoseconds it took.
    pub duration: u64,
    /// Nanoseconds of these that were the gateway's own share.
    pub overhead: u64,
    /// Payload bytes from the client.
    pub received: u64,
    /// Payload bytes to the client.
    pub sent: u64,
    /// Attempts and events.
    pub trail: Box<Trail>,
}

impl Finished {
    /// How many spans it makes.
    #[must_use]
    pub(crate) fn spans(&self) -> u64 {
        1 + self.trail.attempts().len() as u64
    }
}

/// The workers' end of the queue. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct SpanSender(Sender<Box<Finished>>);

impl SpanSender {
    /// Leaves an exchange for the exporter. Never blocks.
    ///
    /// # Errors
    /// The number of spans that are dropped, when the queue is full or nobody reads it.
    pub(crate) fn try_send(&self, finished: Box<Finished>) -> Result<(), u64> {
        self.0.try_send(finished).map_err(|error| error.into_inner().spans())
    }
}

/// The queue; its other end is the exporter's.
#[must_use]
pub(crate) fn spans() -> (SpanSender, Receiver<Box<Finished>>) {
    let (sender, receiver) = channel(EXCHANGES_MOST);
    (SpanSender(sender), receiver)
}
