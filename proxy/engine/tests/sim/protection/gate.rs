//! The way into an upstream, in the way of `worker/admission.rs`: `max_in_flight`, and the engine's queue before it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use supplex_engine::config;
use supplex_engine::upstream::Queue;
use supplex_engine::upstream::queue::{Entry, Left, Ticket};

use super::registry::Registry;

/// The gate of one upstream and worker.
pub(crate) struct Gate {
    registry: Rc<Registry>,
    worker: usize,
    upstream: usize,
    most_in_flight: Cell<usize>,
    most_waiting: Cell<usize>,
    /// The waiting exchanges, each with the number of its arrival.
    queue: RefCell<Queue<(usize, u64)>>,
    arrivals: Cell<u64>,
    served: Cell<u64>,
}

impl Gate {
    pub(crate) fn new(registry: Rc<Registry>, worker: usize, upstream: usize) -> Self {
        Self {
            registry,
            worker,
            upstream,
            most_in_flight: Cell::default(),
            most_waiting: Cell::default(),
            queue: RefCell::default(),
            arrivals: Cell::new(1),
            served: Cell::new(0),
        }
    }

    pub(crate) fn follow(&self, settings: &config::Upstream) {
        self.most_in_flight.set(settings.max_in_flight);
        self.most_waiting.set(settings.queue.per_worker(self.registry.in_flight.len()));
    }

    /// Lets an exchange in, once those who were there before have had their turn: they are appended to `served`.
    pub(crate) fn enter(&self, exchange: usize, served: &mut Vec<usize>) -> Entry {
        self.serve(served);
        let mut queue = self.queue.borrow_mut();
        self.arrivals.set(self.arrivals.get() + 1);
        let before = queue.len();
        let entry = queue.enter((exchange, self.arrivals.get()), self.most_waiting.get(), || self.has_room());
        if matches!(entry, Entry::Admitted) {
            assert!(self.has_room() && before == 0, "there is no room, or somebody was overtaken");
            self.change(1);
        } else {
            // Refused only when nobody more may wait, and somebody really is in the way.
            assert_eq!(matches!(entry, Entry::Full), before >= self.most_waiting.get(), "{before} wait");
            assert!(!self.has_room() || before > 0, "there is room, and nobody waits");
        }
        entry
    }

    /// Gives what room there is to those who wait longest.
    pub(crate) fn serve(&self, served: &mut Vec<usize>) {
        let mut queue = self.queue.borrow_mut();
        while let Some((exchange, arrival)) = queue.serve(|| self.has_room()).copied() {
            self.change(1);
            assert!(arrival > self.served.replace(arrival), "somebody was overtaken");
            served.push(exchange);
        }
    }

    /// Leaves the queue; whether with a place.
    pub(crate) fn leave_queue(&self, ticket: Ticket) -> Left {
        self.queue.borrow_mut().leave(ticket)
    }

    /// Gives a place back.
    pub(crate) fn leave(&self, served: &mut Vec<usize>) {
        self.change(-1);
        self.serve(served);
    }

    fn change(&self, by: isize) {
        let in_flight = &self.registry.in_flight[self.worker][self.upstream];
        in_flight.set(in_flight.get().checked_add_signed(by).expect("a place that nobody has"));
        let total = self.registry.total(self.upstream);
        assert!(by < 0 || total <= self.most_in_flight.get(), "{total} are in flight");
    }

    fn has_room(&self) -> bool {
        self.registry.total(self.upstream) < self.most_in_flight.get()
    }

    pub(crate) fn waiting(&self) -> usize {
        self.queue.borrow().len()
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.registry.in_flight[self.worker][self.upstream].get()
    }
}
