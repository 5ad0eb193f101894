//! The protocol between the sidecar and the workers: plain owned data through bounded queues.
//!
//! Nothing here blocks a worker. What crosses to a worker goes through its [`Mailbox`]: a bounded queue and an eventfd
//! that the worker's ring reads, so that only the mailbox's task is woken. What crosses back are numbers in blocks that
//! only the worker writes (`supplex_engine::stats`), access log lines (`access_log.rs`) and questions about limits
//! (`link/limits.rs`).
//! Where to read on: `worker/upkeep/mailbox.rs` receives, `sidecar/` sends.

pub(crate) mod limits;

use std::fs::File;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use supplex_engine::config::{ListenerId, Snapshot};
use supplex_engine::stats::{EndpointBlock, EndpointState, LimitBlock, ListenerBlock, RouteBlock, UpstreamBlock};
use supplex_engine::upstream::Breaker;

/// Messages a mailbox holds at most. A handoff that does not fit is kept by its sender; a configuration is sent again.
const MAILBOX_MOST: usize = 4096;

/// What the sidecar or another worker leaves for a worker.
#[derive(Debug)]
pub(crate) enum Message {
    /// Run this configuration from now on, and say so in `WorkerBlock::generation`.
    Configure(Box<Assignment>),
    /// Serve a connection that another worker accepted.
    Adopt(Handoff),
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
    /// By `LimitId`.
    pub limits: Vec<Arc<LimitBlock>>,
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

/// The sending side of a worker's mailbox. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Mailbox {
    queue: Sender<Message>,
    bell: Arc<File>,
}

impl Mailbox {
    /// A mailbox whose owner reads `bell`, an eventfd.
    #[must_use]
    pub(crate) fn new(bell: OwnedFd) -> (Mailbox, Receiver<Message>) {
        let (queue, receiver) = bounded(MAILBOX_MOST);
        (Mailbox { queue, bell: Arc::new(File::from(bell)) }, receiver)
    }

    /// Whether its owner has taken every message.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Leaves a message and rings. Never blocks.
    ///
    /// # Errors
    /// The message, when the mailbox is full or its worker has ended.
    #[expect(clippy::result_large_err, reason = "a message moves by value; boxing answers would allocate for each")]
    pub(crate) fn post(&self, message: Message) -> Result<(), Message> {
        self.queue.try_send(message).map_err(|error| match error {
            TrySendError::Full(message) | TrySendError::Disconnected(message) => message,
        })?;
        // The counter of an eventfd is full only when nobody has read it 2^64 - 2 times; the worker is awake then anyway.
        let _: io::Result<()> = (&*self.bell).write_all(&1_u64.to_ne_bytes());
        Ok(())
    }
}
