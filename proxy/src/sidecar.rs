//! The sidecar: everything the gateway does beside serving, on the main thread.
//!
//! It reloads the configuration, resolves names, answers on the admin endpoint and hands snapshots to the workers. It may
//! stall or fail without a request noticing; workers never wait for it. What it knows is one [`Sidecar`], shared by its
//! tasks, which all run on this thread. Where to read on: `reload.rs` (how a configuration comes into force), `publish.rs`
//! (how it reaches the workers), `admin.rs` (who may ask what).

pub(crate) mod admin;
pub(crate) mod auth;
pub(crate) mod breakers;
pub(crate) mod busy;
mod driven;
pub(crate) mod latency;
pub(crate) mod limits;
pub(crate) mod metrics;
pub(crate) mod otlp;
pub(crate) mod probes;
pub(crate) mod publish;
pub(crate) mod registry;
pub(crate) mod reload;
pub(crate) mod resolve;
#[cfg(test)]
mod sample;
pub(crate) mod watch;

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use supplex_engine::config::Snapshot;
use supplex_engine::stats::WorkerBlock;
use tokio::sync::{Mutex, Notify};

use crate::access_log::LogControl;
use crate::boot::listeners::Book;
use crate::boot::ready_file;
use crate::config::Blueprint;
use crate::link::Mailbox;
use registry::Registry;
use resolve::Resolver;

/// A worker, as the sidecar knows it.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Where to leave messages for it.
    pub(crate) mailbox: Mailbox,
    /// What it counts about itself.
    pub(crate) block: Arc<WorkerBlock>,
    /// The CPU it is pinned to.
    pub(crate) cpu: usize,
}

/// The configuration in force.
#[derive(Debug)]
pub(crate) struct Running {
    /// What snapshots are made from.
    pub(crate) blueprint: Blueprint,
    /// The bytes of the file it was read from.
    pub(crate) content: Vec<u8>,
    /// What the workers run, or are about to.
    pub(crate) snapshot: Arc<Snapshot>,
    /// When the file was read.
    pub(crate) loaded_at: SystemTime,
}

/// What does not change while the process lives.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// The configuration file.
    pub(crate) config: PathBuf,
    /// Where to say that the gateway is ready, if anywhere.
    pub(crate) ready_file: Option<PathBuf>,
    /// Where the admin endpoint listens.
    pub(crate) admin: SocketAddr,
}

/// Everything the sidecar's tasks share.
pub(crate) struct Sidecar {
    /// What does not change.
    pub(crate) origin: Origin,
    /// The workers, by number.
    pub(crate) crew: Vec<Member>,
    /// The writer of the access log.
    pub(crate) log: LogControl,
    /// The exporter of spans.
    pub(crate) otlp: otlp::Control,
    /// The workers' counters.
    pub(crate) registry: RefCell<Registry>,
    /// What is bound.
    pub(crate) book: RefCell<Book>,
    /// The configuration in force.
    pub(crate) running: RefCell<Running>,
    /// Names of upstreams.
    pub(crate) resolver: Rc<Resolver>,
    /// What became of reloads.
    pub(crate) reloads: RefCell<reload::Record>,
    /// Active probes.
    pub(crate) probes: probes::Probes,
    /// How busy the workers were lately.
    pub(crate) busy: busy::Meter,
    /// How long exchanges took lately.
    pub(crate) latency: latency::History,
    /// The keys that tokens are checked with.
    pub(crate) auth: auth::Keys,
    /// The stores of limits.
    pub(crate) limits: limits::Desk,
    /// Held while a snapshot is on its way, so that they go out one after the other.
    pub(crate) publishing: Mutex<()>,
    draining: Cell<bool>,
    drain_asked: Notify,
}

impl Sidecar {
    /// A sidecar that serves.
    #[must_use]
    pub(crate) fn new(
        origin: Origin,
        crew: Vec<Member>,
        log: LogControl,
        otlp: otlp::Control,
        book: Book,
        running: Running,
        resolver: Rc<Resolver>,
    ) -> Self {
        Self {
            origin,
            registry: RefCell::new(Registry::new(crew.len())),
            probes: probes::Probes::default(),
            busy: busy::Meter::new(crew.len()),
            latency: latency::History::default(),
            crew,
            log,
            otlp,
            book: RefCell::new(book),
            running: RefCell::new(running),
            resolver,
            reloads: RefCell::default(),
            auth: auth::Keys::default(),
            limits: limits::Desk::default(),
            publishing: Mutex::new(()),
            draining: Cell::new(false),
            drain_asked: Notify::new(),
        }
    }

    /// The snapshot in force.
    #[must_use]
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.running.borrow().snapshot)
    }

    /// Whether the drain has begun.
    #[must_use]
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.get()
    }

    /// Notes that the drain has begun.
    pub(crate) fn set_draining(&self) {
        self.draining.set(true);
    }

    /// Has the process drain and end.
    pub(crate) fn ask_for_drain(&self) {
        self.drain_asked.notify_one();
    }

    /// Waits until somebody asked for a drain.
    pub(crate) async fn drain_asked(&self) {
        self.drain_asked.notified().await;
    }

    /// The workers that do not run the snapshot in force yet.
    #[must_use]
    pub(crate) fn behind(&self) -> Vec<usize> {
        let snapshot = self.snapshot();
        publish::behind(&self.crew, snapshot.generation, snapshot.resolution)
    }

    /// Where each listener really listens, by name.
    #[must_use]
    pub(crate) fn addresses(&self) -> Vec<(Box<str>, SocketAddr)> {
        let (snapshot, book) = (self.snapshot(), self.book.borrow());
        snapshot.listeners.iter().map(|listener| (listener.name.clone(), book.address(listener))).collect()
    }

    /// Says in the ready file, if one is wanted, what runs now.
    pub(crate) fn write_ready_file(&self) {
        let Some(path) = &self.origin.ready_file else { return };
        let ready = ready_file::Ready {
            admin: self.origin.admin,
            listeners: &self.addresses(),
            generation: self.snapshot().generation,
            workers: self.crew.len(),
        };
        if let Err(error) = ready_file::write(path, &ready) {
            tracing::error!("the ready file {} cannot be written: {error}", path.display());
        }
    }
}
