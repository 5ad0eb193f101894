//! The virtual clock and what is going to happen.

use std::collections::BTreeMap;

use crate::ledger::ExchangeId;
use crate::network::{ConnectionId, Message};

pub(crate) const MILLISECOND: u64 = 1_000_000;

/// How often the worker looks at its timers, as in the shell.
pub(crate) const TICK: u64 = 10 * MILLISECOND;

/// Something that happens at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// A client sends the head of a request.
    Request { client: usize },
    /// A client sends a piece of its request's body, maybe the last.
    Body { exchange: ExchangeId, last: bool },
    /// A client sends a body that breaks the rules.
    BadBody { exchange: ExchangeId },
    /// A client closes its connection.
    ClientLeaves { exchange: ExchangeId },
    /// A request head reaches the endpoint's side of a connection.
    RequestArrives { connection: ConnectionId, exchange: ExchangeId },
    /// The endpoint closes a connection on which no request arrived since it had seen `requests` of them.
    EndpointTires { connection: ConnectionId, requests: u32 },
    /// Something from the endpoint reaches the worker. `exchange` is the one that caused it, if any.
    Delivery { connection: ConnectionId, exchange: Option<ExchangeId>, message: Message },
    /// A new configuration changes the bound of the idle pools.
    Reload { most_idle: usize },
    /// The worker's tick.
    Tick,
}

/// The clock and the events to come.
#[derive(Default)]
pub(crate) struct Schedule {
    now: u64,
    /// By time, then in the order in which they were scheduled.
    queue: BTreeMap<(u64, u64), Event>,
    scheduled: u64,
}

impl Schedule {
    /// The time in nanoseconds.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// Lets something happen `delay` nanoseconds from now.
    pub(crate) fn after(&mut self, delay: u64, event: Event) {
        self.queue.insert((self.now + delay, self.scheduled), event);
        self.scheduled += 1;
    }

    /// Moves the clock to the next event.
    pub(crate) fn next(&mut self) -> Option<Event> {
        let ((at, _), event) = self.queue.pop_first()?;
        self.now = at;
        Some(event)
    }

    /// Whether nothing more will happen.
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}
