//! What the stores of limits count: answers by result, and the time of round trips.
//!
//! Written by the sidecar's tasks, which are one thread; read by `/metrics` and the admin endpoint.

use std::cell::RefCell;
use std::time::Duration;

use supplex_engine::config::redis::Node;
use supplex_engine::stats::histogram::DURATION_BOUNDS;
use supplex_engine::stats::{Counter, Histogram};

use crate::link::limits::StoreError;

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Shared through Redis.
    Redis,
    /// In this process.
    Local,
}

impl Kind {
    /// Both, with the `store` label of metrics.
    pub(crate) const ALL: [(Kind, &'static str); 2] = [(Kind::Redis, "redis"), (Kind::Local, "local")];
}

/// What can become of a question, with the `result` label of metrics.
pub(crate) const RESULTS: [(Option<StoreError>, &str); 5] = [
    (None, "answered"),
    (Some(StoreError::Unreachable), "unreachable"),
    (Some(StoreError::Timeout), "timeout"),
    (Some(StoreError::Full), "full"),
    (Some(StoreError::Refused), "refused"),
];

/// The counts.
#[derive(Debug)]
pub(crate) struct Measure {
    answers: [[Counter; RESULTS.len()]; Kind::ALL.len()],
    /// From sending a pipeline to Redis to its last reply; one observation per pipeline.
    pub(crate) round_trips: Histogram,
    /// Answers that found the mailbox of their worker full.
    pub(crate) dropped: Counter,
    /// Connections to Redis that were made and could be used.
    pub(crate) connects: Counter,
    /// The server that is asked now, where it had to be found.
    pub(crate) server: RefCell<Option<Node>>,
    /// What last went wrong with Redis.
    pub(crate) last_failure: RefCell<Option<Failure>>,
}

/// Something that went wrong with Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// In words; never a password.
    pub(crate) what: String,
    /// When.
    pub(crate) at: std::time::SystemTime,
}

impl Default for Measure {
    fn default() -> Self {
        Self {
            answers: Default::default(),
            round_trips: Histogram::new(DURATION_BOUNDS),
            dropped: Counter::default(),
            connects: Counter::default(),
            server: RefCell::default(),
            last_failure: RefCell::default(),
        }
    }
}

impl Measure {
    /// Counts an answer; `None` is a verdict.
    pub(super) fn count(&self, store: Kind, error: Option<StoreError>) {
        self.counter(store, error).increment();
    }

    /// Answers of one kind.
    #[must_use]
    pub(crate) fn answers(&self, store: Kind, error: Option<StoreError>) -> u64 {
        self.counter(store, error).get()
    }

    fn counter(&self, store: Kind, error: Option<StoreError>) -> &Counter {
        let [redis, local] = &self.answers;
        let [answered, unreachable, timeout, full, refused] = match store {
            Kind::Redis => redis,
            Kind::Local => local,
        };
        match error {
            None => answered,
            Some(StoreError::Unreachable) => unreachable,
            Some(StoreError::Timeout) => timeout,
            Some(StoreError::Full) => full,
            Some(StoreError::Refused) => refused,
        }
    }

    /// Notes a round trip.
    pub(super) fn round_trip(&self, time: Duration) {
        self.round_trips.observe(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Notes a connection that can be used, and to which server it leads if that had to be found.
    pub(super) fn uses(&self, server: Option<&Node>) {
        self.connects.increment();
        *self.server.borrow_mut() = server.cloned();
    }

    /// Notes that no server is asked any more.
    pub(super) fn leaves(&self) {
        self.server.take();
    }

    /// Notes that something went wrong with Redis.
    pub(super) fn fail(&self, what: &str) {
        let failure = Failure { what: what.to_owned(), at: std::time::SystemTime::now() };
        *self.last_failure.borrow_mut() = Some(failure);
    }
}
