//! The virtual clock, and everything that is going to happen.
//!
//! Times are nanoseconds and always whole microseconds, because that is how fine the clock of Redis is: so no rounding
//! stands between what a worker remembers and what the store would say.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::network::Message;

pub(crate) const MICRO: u64 = 1_000;
pub(crate) const MILLI: u64 = 1_000 * MICRO;
pub(crate) const SECOND: u64 = 1_000 * MILLI;
/// How often a worker looks at its timers, as in the shell.
pub(crate) const TICK: u64 = 10 * MILLI;

/// A worker of a process.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) process: usize,
    pub(crate) worker: usize,
}

/// What a worker finds in its mailbox.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Letter {
    Answer { question: usize },
    Configure { version: usize },
}

/// What a sidecar does or gets to know.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A worker asks for tokens.
    Question { question: usize },
    /// An attempt to connect to Redis is decided.
    Connecting { epoch: u64 },
    /// A connection whose reply was late is tried again.
    Ping { epoch: u64 },
    /// The replies to a pipeline are here.
    Reply { flight: usize },
    /// The time of a pipeline is over.
    Late { flight: usize },
    /// The connection to Redis broke.
    Broken { connection: u64 },
    /// A look at all breakers.
    Look,
    /// A probe of an endpoint has ended.
    Probe { upstream: usize, site: usize },
    /// A new configuration.
    Publish { version: usize },
}

/// What reaches an endpoint's side of a connection.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Knock {
    Connect,
    Request,
    /// The endpoint has finished its work on the request.
    Done,
}

/// Something that happens at a moment.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    Arrival {
        client: usize,
    },
    ClientLeaves {
        exchange: usize,
    },
    Tick {
        place: Place,
    },
    Mail {
        place: Place,
        letter: Letter,
    },
    /// Something reaches a worker from an endpoint.
    Wire {
        place: Place,
        attempt: usize,
        message: Message,
    },
    Site {
        attempt: usize,
        knock: Knock,
    },
    Sidecar {
        process: usize,
        step: Step,
    },
    /// A pipeline reaches the server of Redis.
    Redis {
        process: usize,
        flight: usize,
    },
    Fault {
        number: usize,
        ends: bool,
    },
}

/// The clock and the events to come.
#[derive(Default)]
pub(crate) struct Schedule {
    now: u64,
    /// By time, then in the order in which they were scheduled.
    queue: BinaryHeap<Reverse<(u64, u64, Event)>>,
    scheduled: u64,
}

impl Schedule {
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// Lets something happen this many nanoseconds from now, rounded down to a microsecond.
    pub(crate) fn after(&mut self, delay: u64, event: Event) {
        self.at(self.now + delay / MICRO * MICRO, event);
    }

    /// Lets something happen at a moment, or now if that has passed.
    pub(crate) fn at(&mut self, at: u64, event: Event) {
        self.queue.push(Reverse((at.max(self.now), self.scheduled, event)));
        self.scheduled += 1;
    }

    /// Moves the clock to the next event, unless that is after `end`.
    pub(crate) fn next(&mut self, end: u64) -> Option<Event> {
        let Reverse((at, _, event)) = self.queue.pop().filter(|Reverse((at, ..))| *at <= end)?;
        self.now = at;
        Some(event)
    }
}
