//! The questions of workers to the store of limits, and its answers.
//!
//! A question goes through a bounded queue that all workers share, one for each store, because the questions for one may
//! have to wait and those for the other never; its answer comes back through the asking worker's mailbox as
//! `Message::Limited`. A question that does not fit is the worker's own again, and it decides as
//! `on_store_error` says. An answer may come too late or never: the worker keeps the time. Nothing here blocks.
//! Where to read on: `worker/limit.rs` asks, `sidecar/limits/` answers.

use std::sync::Arc;

use super::pulse::Pulse;
use supplex_engine::config::{Snapshot, Store};
use supplex_engine::limit::{CHARGES_MOST, Charge, Verdict};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Questions that may wait to be read by a store.
const QUESTIONS_MOST: usize = 8192;

/// A worker's question to the store: may these tokens be taken, all of them or none?
#[derive(Debug)]
pub(crate) struct Question {
    /// Who asks: the number of the worker, whose mailbox gets the answer.
    pub worker: usize,
    /// What the worker knows the question by. A slot is used again; the serial tells its questions apart.
    pub slot: u32,
    /// See `slot`.
    pub serial: u32,
    /// Names the limits. All of one question have the same store.
    pub snapshot: Arc<Snapshot>,
    charges: [Option<Charge>; CHARGES_MOST],
}

impl Question {
    /// A question about these charges; those beyond [`CHARGES_MOST`] are left out.
    #[must_use]
    pub(crate) fn new(
        worker: usize,
        slot: u32,
        serial: u32,
        snapshot: Arc<Snapshot>,
        charges: impl IntoIterator<Item = Charge>,
    ) -> Self {
        let mut charges = charges.into_iter();
        Self { worker, slot, serial, snapshot, charges: std::array::from_fn(|_| charges.next()) }
    }

    /// The charges, in the order in which the verdict has their balances.
    pub(crate) fn charges(&self) -> impl Iterator<Item = &Charge> {
        self.charges.iter().flatten()
    }

    /// The store of its limits; `None` when its snapshot has no such limit.
    #[must_use]
    pub(crate) fn store(&self) -> Option<Store> {
        let limit = self.charges().next()?.limit;
        self.snapshot.limits.get(limit.index()).map(|limit| limit.store)
    }
}

/// What comes back for a question.
#[derive(Debug)]
pub(crate) struct Answer {
    /// From the question.
    pub slot: u32,
    /// From the question.
    pub serial: u32,
    /// What the store says, if it says anything.
    pub result: Result<Verdict, StoreError>,
}

/// Why a store says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreError {
    /// There is no connection to it.
    Unreachable,
    /// It did not answer in time. Whether it charged is not known.
    Timeout,
    /// It has too many questions already.
    Full,
    /// It answered with an error.
    Refused,
}

/// The workers' end of the queues. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct QuestionSender {
    local: Sender<Question>,
    redis: Sender<Question>,
    pulse: Pulse,
}

impl QuestionSender {
    /// Whether whoever answers is at work.
    #[must_use]
    pub(crate) fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Leaves a question, and wakes the sidecar if it waits for one. Never blocks.
    ///
    /// # Errors
    /// [`StoreError::Full`] when the queue is full or nobody reads it; the question is dropped then.
    pub(crate) fn ask(&self, question: Question) -> Result<(), StoreError> {
        let queue = match question.store() {
            Some(Store::Redis) => &self.redis,
            Some(Store::Local) | None => &self.local,
        };
        queue.try_send(question).map_err(|_| StoreError::Full)
    }
}

/// The stores' end of the queues.
#[derive(Debug)]
pub(crate) struct Questions {
    /// For the store in this process, and what is for none.
    pub(crate) local: Receiver<Question>,
    /// For Redis.
    pub(crate) redis: Receiver<Question>,
}

/// The queues of questions. Whoever answers them keeps the [`QuestionSender::pulse`].
#[must_use]
pub(crate) fn questions() -> (QuestionSender, Questions) {
    let ((local, for_local), (redis, for_redis)) = (channel(QUESTIONS_MOST), channel(QUESTIONS_MOST));
    let sender = QuestionSender { local, redis, pulse: Pulse::default() };
    (sender, Questions { local: for_local, redis: for_redis })
}
