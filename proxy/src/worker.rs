//! A worker: one pinned thread that serves its connections alone.
//!
//! It owns an executor, a ring, its listening sockets, upstream connections, balancers, timers and counters. It takes no
//! lock, shares no mutable memory and never waits for anybody but the kernel.
//!
//! The path of a request: `accept.rs` → `connection.rs` → `intake.rs` → `authenticate.rs` → `limit.rs` →
//! `exchange.rs` → `forward.rs` → `relay.rs` →
//! `account.rs`; `respond.rs` is where it turns back early. `upkeep.rs` drives all of it.

mod accept;
mod account;
mod adaptive;
mod admission;
mod arrival;
mod authenticate;
mod breaker;
mod connection;
mod exchange;
mod explained;
mod fallback;
mod forward;
mod health;
mod intake;
mod learn;
mod limit;
mod live;
mod record;
mod relay;
mod request;
mod respond;
mod trace;
mod tunnel;
mod upkeep;
mod upstream;

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::time::SystemTime;

use supplex_engine::exchange::stages::shed::Overload;
use supplex_engine::http1::{RequestHead, ResponseHead};
use supplex_engine::stats::WorkerBlock;

use crate::access_log::LogSender;
use crate::link::limits::QuestionSender;
use crate::link::spans::SpanSender;
use crate::link::{Mailbox, Message, Messages};
use crate::ring::{Doorbell, Ring};
use crate::rt;
use account::LogBuffer;
use limit::{Demand, Desk};
use live::Live;
pub(crate) use record::is_presentable;
use trace::Spans;
use upkeep::clock::WallClock;
use upkeep::mailbox;
use upkeep::random::Random;
use upkeep::wheel::Timers;

/// What a worker is given when it starts. Its first message must be a [`Message::Configure`].
pub(crate) struct Start {
    /// Its number, from 0; the `worker` label of metrics.
    pub index: usize,
    /// The CPU it is pinned to.
    pub cpu: usize,
    /// The eventfd that is written to when a message was left.
    pub bell: OwnedFd,
    /// The messages.
    pub messages: Messages,
    /// The mailboxes of all workers, its own included, by number.
    pub peers: Vec<Mailbox>,
    /// The blocks of all workers, its own included, by number.
    pub blocks: Vec<Arc<WorkerBlock>>,
    /// Where access log lines go.
    pub log: LogSender,
    /// Where questions to the store of limits go.
    pub questions: QuestionSender,
    /// Where exchanges go that are worth spans.
    pub spans: SpanSender,
}

/// Serves until drained. To be called on a thread of its own; when it returns, the process should end soon.
///
/// # Errors
/// When the executor or the ring cannot be made or is refused by the kernel later.
pub(crate) fn run(start: Start) -> io::Result<()> {
    rt::run(start.cpu, async move {
        let Start { index, bell, messages, peers, blocks, log, questions, spans, .. } = start;
        let ring = Ring::new().map_err(io::Error::other)?;
        let Some(block) = blocks.get(index).cloned() else {
            return Err(io::Error::other("a worker needs a block of its own"));
        };
        let bell = Doorbell::adopt(&ring, bell);
        let random = Random::from_system();
        let worker = Rc::new(Worker {
            index,
            limits: Desk::new(index, peers.len(), questions, random.next()),
            peers,
            blocks,
            block,
            timers: Timers::new(),
            clock: WallClock::new(SystemTime::now(), ring.precise_now()),
            random,
            live: RefCell::default(),
            scratch: RefCell::default(),
            log: LogBuffer::new(log),
            spans: Spans::new(spans),
            drain: Cell::default(),
            overload: Cell::default(),
            ring,
        });
        match messages.wait() {
            Some(Message::Configure(assignment)) => mailbox::configure(&worker, *assignment),
            _ => return Err(io::Error::other("the first message must be a configuration")),
        }
        let told = Rc::clone(&worker);
        let reader = mailbox::read(Rc::clone(&worker), bell, messages);
        rt::spawn(&worker.ring, reader, move || told.block.panics.increment());
        upkeep::drive(&worker).await
    })?
}

/// What the tasks of a worker share.
struct Worker {
    index: usize,
    /// The mailboxes of all workers.
    peers: Vec<Mailbox>,
    /// The blocks of all workers, to see their load.
    blocks: Vec<Arc<WorkerBlock>>,
    block: Arc<WorkerBlock>,
    ring: Rc<Ring>,
    timers: Rc<Timers>,
    clock: WallClock,
    random: Random,
    /// Present from the first configuration on, that is before any connection.
    live: RefCell<Option<Rc<Live>>>,
    /// Never borrowed across a wait.
    scratch: RefCell<Scratch>,
    log: LogBuffer,
    spans: Spans,
    limits: Desk,
    drain: Cell<Option<Drain>>,
    /// Whether tasks wait too long for their turn.
    overload: Cell<Overload>,
}

/// Room for what is parsed and written between two waits.
#[derive(Default)]
struct Scratch {
    request: RequestHead,
    response: ResponseHead,
    demand: Demand,
    out: Vec<u8>,
}

/// Shutting down, on the ring's clock.
#[derive(Clone, Copy)]
struct Drain {
    since: u64,
    until: u64,
}

impl Worker {
    /// The configuration in force.
    fn live(&self) -> Rc<Live> {
        match &*self.live.borrow() {
            Some(live) => Rc::clone(live),
            None => unreachable!("a worker is configured before it accepts"),
        }
    }

    /// Begins to shut down: connections leave as soon as they can, and after `patience` nanoseconds in any case.
    fn drain(&self, patience: u64) {
        if self.drain.get().is_none() {
            let since = self.ring.coarse_now();
            self.drain.set(Some(Drain { since, until: since.saturating_add(patience) }));
            self.fire_all_deadlines();
        }
    }

    /// Wakes everything that has a deadline, because something changed that all must notice.
    fn fire_all_deadlines(&self) {
        self.timers.fire_all();
        // A task wakes others here, other than through the ring: the driver must not sleep before they ran.
        self.ring.note_local_wake();
    }

    fn draining_since(&self) -> Option<u64> {
        self.drain.get().map(|drain| drain.since)
    }

    fn has_drained(&self, now: u64) -> bool {
        self.drain.get().is_some_and(|drain| self.is_done() || now >= drain.until)
    }

    /// Whether nobody is served and nobody can come. Another worker may be late to hear of the drain, and hand over
    /// connections as long as it accepts: above all to one that has none left.
    fn is_done(&self) -> bool {
        let closed = self.blocks.iter().all(|block| block.listening.get() == 0);
        fence(Ordering::Acquire);
        let told = self.peers.get(self.index).is_none_or(Mailbox::is_empty);
        closed && told && self.block.connections.get() == 0
    }
}
