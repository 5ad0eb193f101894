//! The sidecar: everything the gateway does beside serving, on the main thread.
//!
//! It reloads the configuration, resolves names, answers on the admin endpoint and hands snapshots to the workers. It may
//! stall or fail without a request noticing; workers never wait for it. What it knows is one [`Sidecar`], shared by its
//! tasks, which all run on this thread. Where to read on: `reload.rs` (how a configuration comes into force), `publish.rs`
//! (how it reaches the workers), `admin.rs` (who may ask what).

pub mod admin;
pub mod busy;
pub mod metrics;
pub mod publish;
pub mod registry;
pub mod reload;
pub mod resolve;
#[cfg(test)]
mod sample;
pub mod watch;

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
pub struct Member {
    /// Where to leave messages for it.
    pub mailbox: Mailbox,
    /// What it counts about itself.
    pub block: Arc<WorkerBlock>,
    /// The CPU it is pinned to.
    pub cpu: usize,
}

/// The configuration in force.
#[derive(Debug)]
pub struct Running {
    /// What snapshots are made from.
    pub blueprint: Blueprint,
    /// The bytes of the file it was read from.
    pub content: Vec<u8>,
    /// What the workers run, or are about to.
    pub snapshot: Arc<Snapshot>,
    /// When the file was read.
    pub loaded_at: SystemTime,
}

/// What does not change while the process lives.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The configuration file.
    pub config: PathBuf,
    /// Where to say that the gateway is ready, if anywhere.
    pub ready_file: Option<PathBuf>,
    /// Where the admin endpoint listens.
    pub admin: SocketAddr,
}

/// Everything the sidecar's tasks share.
pub struct Sidecar {
    /// What does not change.
    pub origin: Origin,
    /// The workers, by number.
    pub crew: Vec<Member>,
    /// The writer of the access log.
    pub log: LogControl,
    /// The workers' counters.
    pub registry: RefCell<Registry>,
    /// What is bound.
    pub book: RefCell<Book>,
    /// The configuration in force.
    pub running: RefCell<Running>,
    /// Names of upstreams.
    pub resolver: Rc<Resolver>,
    /// What became of reloads.
    pub reloads: RefCell<reload::Record>,
    /// How busy the workers were lately.
    pub busy: busy::Meter,
    /// Held while a snapshot is on its way, so that they go out one after the other.
    pub publishing: Mutex<()>,
    draining: Cell<bool>,
    drain_asked: Notify,
}

impl Sidecar {
    /// A sidecar that serves.
    #[must_use]
    pub fn new(
        origin: Origin,
        crew: Vec<Member>,
        log: LogControl,
        book: Book,
        running: Running,
        resolver: Rc<Resolver>,
    ) -> Self {
        Self {
            origin,
            registry: RefCell::new(Registry::new(crew.len())),
            busy: busy::Meter::new(crew.len()),
            crew,
            log,
            book: RefCell::new(book),
            running: RefCell::new(running),
            resolver,
            reloads: RefCell::default(),
            publishing: Mutex::new(()),
            draining: Cell::new(false),
            drain_asked: Notify::new(),
        }
    }

    /// The snapshot in force.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.running.borrow().snapshot)
    }

    /// Whether the drain has begun.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.get()
    }

    /// Notes that the drain has begun.
    pub fn set_draining(&self) {
        self.draining.set(true);
    }

    /// Has the process drain and end.
    pub fn ask_for_drain(&self) {
        self.drain_asked.notify_one();
    }

    /// Waits until somebody asked for a drain.
    pub async fn drain_asked(&self) {
        self.drain_asked.notified().await;
    }

    /// The workers that do not run the snapshot in force yet.
    #[must_use]
    pub fn behind(&self) -> Vec<usize> {
        let snapshot = self.snapshot();
        publish::behind(&self.crew, snapshot.generation, snapshot.resolution)
    }

    /// Where each listener really listens, by name.
    #[must_use]
    pub fn addresses(&self) -> Vec<(Box<str>, SocketAddr)> {
        let (snapshot, book) = (self.snapshot(), self.book.borrow());
        snapshot.listeners.iter().map(|listener| (listener.name.clone(), book.address(listener))).collect()
    }

    /// Says in the ready file, if one is wanted, what runs now.
    pub fn write_ready_file(&self) {
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
