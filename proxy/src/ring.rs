//! The private io_uring of a worker: every socket operation, the wait of the thread and the bytes themselves.
//!
//! This folder holds the only `unsafe` code of the gateway. What it promises to the rest:
//!
//! - A handle may be dropped at any moment. The kernel never sees memory that was freed, and neither a descriptor nor a
//!   buffer is lost: an operation owns its bytes until its last completion, and an entry of the table outlives its
//!   handle until the kernel is done with it.
//! - Nothing here waits for space in a ring. What does not fit queues in memory and goes out with the next pass.
//! - Back-pressure is real: a connection that nobody reads holds a bounded number of buffers.
//!
//! It never decides anything about HTTP. Where to read on: `driver.rs` (the loop, and how a worker sleeps), `socket.rs`
//! (what a connection can do), `buffers.rs` (where bytes live), `runtime-notes/` (why it is so, with measurements).

mod buffers;
mod chunk;
mod completion;
mod doorbell;
mod driver;
mod entry;
mod listener;
mod memory;
mod setup;
mod socket;
#[cfg(test)]
mod tests;
mod token;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use io_uring::{IoUring, squeue};
use slab::Slab;

pub(crate) use buffers::Pool;
pub(crate) use chunk::{Chunk, Opening};
pub(crate) use doorbell::{Doorbell, eventfd};
pub(crate) use entry::Received;
pub(crate) use listener::Listener;
pub(crate) use memory::{give_back, settle};
pub(crate) use setup::{SetupError, probe};
pub(crate) use socket::Socket;

use entry::SocketEntry;
use listener::ListenerEntry;

/// The ring of one worker. Lives as long as its thread.
pub(crate) struct Ring {
    inner: RefCell<Inner>,
    pool: Rc<Pool>,
    /// Counts wakes that tasks cause among themselves, so that the driver knows when nobody is runnable.
    local_wakes: Cell<u64>,
    clock: Cell<u64>,
    started: std::time::Instant,
}

/// What a borrow of the ring gives access to. Chunks are not part of it: they can be dropped while it is borrowed.
struct Inner {
    uring: IoUring,
    /// Entries that did not fit into the submission queue; they go out first in the next pass.
    backlog: VecDeque<squeue::Entry>,
    sockets: Slab<SocketEntry>,
    /// Counts insertions, for tokens.
    generation: u32,
    listeners: Slab<ListenerEntry>,
    doorbells: Slab<doorbell::DoorbellEntry>,
    /// Sockets whose receive ended for want of buffers; armed again when buffers came back.
    starved: Vec<usize>,
    pool: Rc<Pool>,
}

impl Ring {
    /// Nanoseconds since the process started, as of the last pass. Coarse on purpose: it costs a memory read.
    pub(crate) fn coarse_now(&self) -> u64 {
        self.clock.get()
    }

    /// Nanoseconds since the process started, read from the clock now.
    pub(crate) fn precise_now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Where received bytes live, and where a message of our own is written.
    pub(crate) fn pool(&self) -> &Rc<Pool> {
        &self.pool
    }

    /// To be called whenever a task makes another task (or itself) runnable other than through this ring. The driver
    /// sleeps only if nobody has.
    pub(crate) fn note_local_wake(&self) {
        self.local_wakes.set(self.local_wakes.get().wrapping_add(1));
    }

    /// Sockets in the table: those in use, and those the kernel has not finished with.
    #[cfg(test)]
    pub(crate) fn sockets(&self) -> usize {
        self.inner.borrow().sockets.len()
    }

    /// Gives table memory back after a peak. Cheap when there is none to give.
    pub(crate) fn shrink(&self) {
        let inner = &mut *self.inner.borrow_mut();
        if inner.sockets.capacity() > 1024 && inner.sockets.len() < inner.sockets.capacity() / 4 {
            inner.sockets.shrink_to_fit();
        }
        self.pool.shrink();
    }
}

impl Inner {
    /// Queues an operation. Never blocks and never enters the kernel.
    fn push(&mut self, entry: squeue::Entry) {
        if !self.backlog.is_empty() || !self.try_push(&entry) {
            self.backlog.push_back(entry);
        }
    }

    fn try_push(&mut self, entry: &squeue::Entry) -> bool {
        // SAFETY: every entry pushed here points only at memory that its table entry owns until the completion: chunks
        // in flight, a boxed socket address, a boxed eventfd counter.
        unsafe { self.uring.submission().push(entry).is_ok() }
    }

    fn flush_backlog(&mut self) {
        while let Some(entry) = self.backlog.pop_front() {
            if !self.try_push(&entry) {
                self.backlog.push_front(entry);
                return;
            }
        }
    }
}
