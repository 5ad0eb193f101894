//! A worker's way to the exporter of spans, and the memory that exchanges take their notes in.

use std::cell::RefCell;

use supplex_engine::trace::Trail;

use crate::link::spans::{Finished, SpanSender};

/// Trails that are kept for later exchanges; about a kilobyte each.
const SPARE_MOST: usize = 256;

/// What the exchanges of a worker share for their spans.
pub(in crate::worker) struct Spans {
    sender: SpanSender,
    #[expect(clippy::vec_box, reason = "what goes to and fro is the box, so that nothing is copied")]
    spare: RefCell<Vec<Box<Trail>>>,
}

impl Spans {
    pub(in crate::worker) fn new(sender: SpanSender) -> Self {
        Self { sender, spare: RefCell::default() }
    }

    /// One that was used before, if there is any. To be begun.
    pub(super) fn spare(&self) -> Box<Trail> {
        self.spare.borrow_mut().pop().unwrap_or_else(|| Box::new(Trail::new()))
    }

    /// Keeps it for another exchange.
    pub(super) fn give_back(&self, trail: Box<Trail>) {
        let mut spare = self.spare.borrow_mut();
        if spare.len() < SPARE_MOST {
            spare.push(trail);
        }
    }

    /// Hands an exchange over. Returns how many spans were dropped, because the exporter is behind.
    pub(super) fn hand_over(&self, finished: Finished) -> u64 {
        self.sender.try_send(Box::new(finished)).err().unwrap_or(0)
    }
}
