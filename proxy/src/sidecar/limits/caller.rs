//! Who waits for an answer of the store, and how it gets there.

use std::rc::Rc;

use supplex_engine::limit::Verdict;

use super::measure::{Kind, Measure};
use crate::link::limits::{Answer, Question, StoreError};
use crate::link::{Mailbox, Message};

/// The way back to the worker that asked. Gives one answer, and counts it.
#[derive(Debug)]
pub(super) struct Caller {
    mailbox: Mailbox,
    slot: u32,
    serial: u32,
    store: Kind,
    measure: Rc<Measure>,
}

impl Caller {
    /// The caller of a question, whose worker has this mailbox.
    #[must_use]
    pub(super) fn new(question: &Question, mailbox: &Mailbox, store: Kind, measure: &Rc<Measure>) -> Self {
        let (slot, serial) = (question.slot, question.serial);
        Self { mailbox: mailbox.clone(), slot, serial, store, measure: Rc::clone(measure) }
    }

    /// Answers. When the mailbox is full the answer is dropped: the worker keeps the time, and does without.
    pub(super) fn answer(self, result: Result<Verdict, StoreError>) {
        self.measure.count(self.store, result.as_ref().err().copied());
        let answer = Answer { slot: self.slot, serial: self.serial, result };
        if self.mailbox.post(Message::Limited(answer)).is_err() {
            self.measure.dropped.increment();
        }
    }
}
