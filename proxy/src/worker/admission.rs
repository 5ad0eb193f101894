//! The way into an upstream: `max_in_flight` or what `adaptive.rs` makes of it, and the queue before it.
//!
//! One gate per upstream and worker; it outlives configurations. Workers share no lock, so each looks at the counts of
//! all and decides alone: several that decide in the same instant may exceed the bound by one each. A place that comes
//! free goes to whoever waits longest in the worker it came free in. The others cannot be woken from there: they look
//! again once a tick. The order and the places are in the engine's `upstream/queue.rs`; who waits how long, and for what
//! else, is in `exchange/enter.rs`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use supplex_engine::config;
use supplex_engine::stats::UpstreamBlock;
use supplex_engine::upstream::Queue;
use supplex_engine::upstream::queue::{self, Left, Ticket};

use super::adaptive::Adaptive;
use crate::link::UpstreamBlocks;
use crate::ring::Ring;

/// Lets exchanges in, one at a time.
pub(super) struct Gate {
    ring: Rc<Ring>,
    block: Arc<UpstreamBlock>,
    /// Of all workers.
    total: Arc<[Arc<UpstreamBlock>]>,
    /// How many may be in flight.
    pub(super) adaptive: Adaptive,
    /// How many may wait in this worker.
    most_waiting: Cell<usize>,
    queue: RefCell<Queue<Option<Waker>>>,
}

/// One exchange in flight.
pub(super) struct Admission(Rc<Gate>);

/// A place in the queue. Dropping it gives it up, whether it was served or not.
pub(super) struct Waiting {
    gate: Rc<Gate>,
    ticket: Option<Ticket>,
}

/// What becomes of an exchange that wants in.
pub(super) enum Entry {
    Admitted(Admission),
    Wait(Waiting),
    /// Nobody more may wait.
    Full,
}

impl Gate {
    pub(super) fn new(ring: &Rc<Ring>, blocks: &UpstreamBlocks, settings: &config::Upstream) -> Rc<Self> {
        let gate = Self {
            ring: Rc::clone(ring),
            block: Arc::clone(&blocks.own),
            total: Arc::clone(&blocks.total),
            adaptive: Adaptive::new(blocks),
            most_waiting: Cell::default(),
            queue: RefCell::default(),
        };
        gate.follow(settings);
        Rc::new(gate)
    }

    /// Follows these settings from here on.
    pub(super) fn follow(&self, settings: &config::Upstream) {
        self.adaptive.follow(settings, self.ring.coarse_now());
        self.most_waiting.set(settings.queue.per_worker(self.total.len()));
    }

    /// Lets an exchange in, unless as many as may be are under way or others were there before it.
    pub(super) fn enter(self: &Rc<Self>) -> Entry {
        self.serve();
        let mut queue = self.queue.borrow_mut();
        let entry = queue.enter(None, self.most_waiting.get(), || self.has_room());
        self.adaptive.arrival(!matches!(entry, queue::Entry::Admitted));
        match entry {
            queue::Entry::Admitted => {
                self.block.in_flight.increment();
                Entry::Admitted(Admission(Rc::clone(self)))
            }
            queue::Entry::Waits(ticket) => {
                self.block.waiting.set(queue.len() as u64);
                Entry::Wait(Waiting { gate: Rc::clone(self), ticket: Some(ticket) })
            }
            queue::Entry::Full => Entry::Full,
        }
    }

    /// Lets an exchange in if it need not wait for that.
    pub(super) fn enter_now(self: &Rc<Self>) -> Option<Admission> {
        self.serve();
        let has_room = self.queue.borrow().admits(|| self.has_room());
        self.adaptive.arrival(!has_room);
        has_room.then(|| {
            self.block.in_flight.increment();
            Admission(Rc::clone(self))
        })
    }

    /// Gives what room there is to those who wait longest. Cheap when nobody waits.
    pub(super) fn serve(&self) {
        loop {
            let mut queue = self.queue.borrow_mut();
            let Some(waker) = queue.serve(|| self.has_room()).map(Option::take) else { return };
            // The place is theirs from here on; they find out when they run.
            self.block.in_flight.increment();
            self.block.waiting.set(queue.len() as u64);
            drop(queue);
            if let Some(waker) = waker {
                waker.wake();
                // Another task wakes this one: the driver must not sleep before it ran.
                self.ring.note_local_wake();
            }
        }
    }

    fn has_room(&self) -> bool {
        self.adaptive.in_flight() < self.adaptive.limit()
    }

    fn leave(&self) {
        self.block.in_flight.decrement();
        self.serve();
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl Waiting {
    /// Ready when it is this one's turn. Must not be polled again after that.
    pub(super) fn poll(&mut self, cx: &Context<'_>) -> Poll<Admission> {
        let mut queue = self.gate.queue.borrow_mut();
        let Some(ticket) = &self.ticket else { return Poll::Pending };
        if !queue.is_served(ticket) {
            if let Some(waker) = queue.item(ticket)
                && !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()))
            {
                *waker = Some(cx.waker().clone());
            }
            return Poll::Pending;
        }
        if let Some(ticket) = self.ticket.take() {
            queue.leave(ticket);
        }
        Poll::Ready(Admission(Rc::clone(&self.gate)))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else { return };
        let mut queue = self.gate.queue.borrow_mut();
        let left = queue.leave(ticket);
        self.gate.block.waiting.set(queue.len() as u64);
        drop(queue);
        if left == Left::Served {
            self.gate.leave();
        }
    }
}
