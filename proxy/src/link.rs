//! The protocol between the sidecar and the workers: plain owned data through bounded queues.
//!
//! Nothing here blocks a worker. What crosses to a worker goes through its [`Mailbox`] (`link/mailbox.rs`). What crosses back are numbers in blocks that
//! only the worker writes (`supplex_engine::stats`), access log lines (`access_log.rs`), questions about limits
//! (`link/limits.rs`) and exchanges that are worth spans (`link/spans.rs`).
//! Where to read on: `worker/upkeep/mailbox.rs` receives, `sidecar/` sends.

mod keys;
mod latency;
pub(crate) mod limits;
mod mailbox;
pub(crate) mod pulse;
pub(crate) mod spans;

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use supplex_engine::config::{ListenerId, Snapshot};
use supplex_engine::stats::{
    AuthBlock, EndpointBlock, EndpointState, LimitBlock, ListenerBlock, RouteBlock, UpstreamBlock,
};
use supplex_engine::upstream::Breaker;

pub(crate) use keys::{Key, KeySet};
pub(crate) use latency::{LatencyBlocks, RouteLatency};
pub(crate) use mailbox::{Mailbox, Messages};

/// What the sidecar or another worker leaves for a worker.
#[derive(Debug)]
pub(crate) enum Message {
    /// Run this configuration from now on, and say so in `WorkerBlock::generation`.
    Configure(Box<Assignment>),
    /// Serve a connection that another worker accepted.
    Adopt(Handoff),
    /// Keys that tokens are checked with from now on.
    Keys(Arc<KeySet>),
    /// What the store of limits says to a question of this worker.
    Limited(limits::Answer),
    /// Stop accepting, finish what is under way, close what is not finished after this long, and end.
    Drain(Duration),
}

/// A configuration, as one worker gets it.
#[derive(Debug)]
pub(crate) struct Assignment {
    /// Shared by every worker; immutable.
    pub snapshot: Arc<Snapshot>,
    /// Where this worker counts.
    pub blocks: Blocks,
    /// Sockets that listen, for listeners this worker does not have yet (by name and address). One it has and that is
    /// missing from the snapshot is to be closed.
    pub sockets: Vec<(ListenerId, OwnedFd)>,
    /// Keys for `[auth]` tables that are new here, or have theirs in another place.
    pub keys: Vec<Arc<KeySet>>,
}

/// The blocks of one worker, in the order of the snapshot's lists. What keeps its identity (listener, route, limit and
/// upstream by name, endpoint by upstream and address) keeps its block over reloads.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    /// By `ListenerId`.
    pub listeners: Vec<Arc<ListenerBlock>>,
    /// By `RouteId`.
    pub routes: Vec<Arc<RouteBlock>>,
    /// For requests that match no route, or are refused before routing.
    pub unrouted: Arc<RouteBlock>,
    /// How long exchanges took.
    pub latency: LatencyBlocks,
    /// By `LimitId`.
    pub limits: Vec<Arc<LimitBlock>>,
    /// By `AuthId`.
    pub auth: Vec<Arc<AuthBlock>>,
    /// By `UpstreamId`.
    pub upstreams: Vec<UpstreamBlocks>,
    /// By `ListenerId`: the blocks of all workers for that listener, this one's included; read to enforce
    /// `max_connections`.
    pub listener_totals: Vec<Arc<[Arc<ListenerBlock>]>>,
}

/// The blocks of one worker for one upstream.
#[derive(Debug)]
pub(crate) struct UpstreamBlocks {
    /// This worker's.
    pub own: Arc<UpstreamBlock>,
    /// All workers', this one's included; read to enforce `max_in_flight`.
    pub total: Arc<[Arc<UpstreamBlock>]>,
    /// In the order of the upstream's endpoints.
    pub endpoints: Vec<Arc<EndpointBlock>>,
    /// The breakers that all workers share, in the order of the upstream's endpoints.
    pub breakers: Vec<Arc<Breaker>>,
    /// In the same order: what the sidecar finds out about them.
    pub states: Vec<Arc<EndpointState>>,
}

/// An accepted connection on its way to another worker.
#[derive(Debug)]
pub(crate) struct Handoff {
    /// The name of the listener that accepted it.
    pub listener: Box<str>,
    /// The connection.
    pub socket: OwnedFd,
    /// The client.
    pub peer: SocketAddr,
}
