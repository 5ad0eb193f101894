//! The beginning of a request as the upstream gets it: the rewritten head, and what came of the body together with it.
//!
//! It is kept when it may have to be sent again, and brought up to date before each attempt: the head says how much time
//! is left. It never grows: a body that is longer than its first piece is passed on and gone.

use std::ops::Range;

use supplex_engine::exchange::deadline::remaining_ms;

use crate::ring::Opening;
use crate::worker::Worker;

/// What is sent first in each attempt.
pub(crate) struct Beginning {
    opening: Option<Opening>,
    stamp: Option<Stamp>,
    /// Whether it may be sent more than once.
    keep: bool,
    /// Whether it holds a piece of the body that is not kept.
    gives_body_away: bool,
}

/// The time that the head says is left.
pub(crate) struct Stamp {
    /// Where its digits stand, from the start of the head.
    pub(crate) digits: Range<usize>,
    pub(crate) millis: u64,
}

impl Beginning {
    /// `body`: the opening holds a piece of the body, and `keep` says whether that may be kept to be sent again.
    pub(crate) fn new(opening: Opening, stamp: Option<Stamp>, body: bool, keep: bool) -> Self {
        let keep = keep || !body;
        Self { opening: Some(opening), stamp, keep, gives_body_away: body && !keep }
    }

    /// Whether it can be sent once more.
    pub(crate) fn is_kept(&self) -> bool {
        self.keep && self.opening.is_some()
    }

    /// Whether sending it gives away a part of the body.
    pub(crate) fn gives_body_away(&self) -> bool {
        self.gives_body_away
    }

    /// What to send now; `None` when it is gone.
    pub(crate) fn send(&mut self, worker: &Worker, deadline: u64, now: u64) -> Option<Opening> {
        self.bring_up_to_date(worker, deadline, now);
        if self.keep { self.opening.as_mut().map(Opening::share) } else { self.opening.take() }
    }

    /// Writes it anew when less time is left than it says. Nearly always there was no time for that since it was written.
    fn bring_up_to_date(&mut self, worker: &Worker, deadline: u64, now: u64) {
        let (Some(stamp), Some(opening)) = (&mut self.stamp, &self.opening) else { return };
        let Some(millis) = remaining_ms(deadline, now).filter(|millis| *millis < stamp.millis) else { return };
        let mut scratch = worker.scratch.borrow_mut();
        let out = &mut scratch.out;
        out.clear();
        for chunk in std::iter::once(&opening.first).chain(&opening.then) {
            out.extend_from_slice(chunk.bytes());
        }
        let mut number = itoa::Buffer::new();
        let digits = number.format(millis).as_bytes();
        let length = digits.len();
        out.splice(stamp.digits.clone(), digits.iter().copied());
        *stamp = Stamp { digits: stamp.digits.start..stamp.digits.start + length, millis };
        self.opening = Some(worker.ring.pool().write_all(out));
    }
}
