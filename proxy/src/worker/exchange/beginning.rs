//! The beginning of a request as the upstream gets it: the rewritten head, and what came of the body together with it.
//!
//! It is kept when it may have to be sent again, and brought up to date before each attempt: the head says how much time
//! is left, and which attempt it is. It never grows: a body that is longer than its first piece is passed on and gone.

use std::ops::Range;

use supplex_engine::exchange::deadline::remaining_ms;
use supplex_engine::http1::Stamps;
use supplex_engine::trace::SpanId;

use crate::ring::Opening;
use crate::worker::Worker;
use crate::worker::trace::Trace;

/// What is sent first in each attempt.
pub(crate) struct Beginning {
    opening: Option<Opening>,
    stamp: Stamp,
    /// Whether it may be sent more than once.
    keep: bool,
    /// Whether it holds a piece of the body that is not kept.
    gives_body_away: bool,
}

/// What the head says of the attempt.
pub(crate) struct Stamp {
    /// The milliseconds that are left, and where their digits stand, from the start of the head.
    time: Option<(Range<usize>, u64)>,
    /// The span, and where its digits stand: in front of those of the time.
    span: Option<(Range<usize>, SpanId)>,
}

impl Stamp {
    /// What was written, and where.
    pub(crate) fn new(stamps: Stamps, millis: Option<u64>, trace: &Trace) -> Self {
        let span = trace.onward().parent.span;
        Self { time: stamps.deadline.zip(millis), span: stamps.span.map(|digits| (digits, span)) }
    }
}

impl Beginning {
    /// `body`: the opening holds a piece of the body, and `keep` says whether that may be kept to be sent again.
    pub(crate) fn new(opening: Opening, stamp: Stamp, body: bool, keep: bool) -> Self {
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

    /// What to send now, in the attempt with this span; `None` when it is gone.
    pub(crate) fn send(&mut self, worker: &Worker, deadline: u64, now: u64, span: SpanId) -> Option<Opening> {
        self.bring_up_to_date(worker, deadline, now, span);
        if self.keep { self.opening.as_mut().map(Opening::share) } else { self.opening.take() }
    }

    /// Writes it anew when less time is left than it says, or it is of another attempt. Nearly always neither is so: there
    /// was no time since it was written, and no other attempt.
    fn bring_up_to_date(&mut self, worker: &Worker, deadline: u64, now: u64, span: SpanId) {
        let Some(opening) = &self.opening else { return };
        let Stamp { time, span: written } = &mut self.stamp;
        let left = remaining_ms(deadline, now);
        let time = time.as_mut().and_then(|time| left.filter(|millis| *millis < time.1).map(|millis| (time, millis)));
        let written = written.as_mut().filter(|(_, written)| *written != span);
        if time.is_none() && written.is_none() {
            return;
        }
        let mut scratch = worker.scratch.borrow_mut();
        let out = &mut scratch.out;
        out.clear();
        for chunk in std::iter::once(&opening.first).chain(&opening.then) {
            out.extend_from_slice(chunk.bytes());
        }
        if let Some((place, written)) = written {
            out.splice(place.clone(), span.hex());
            *written = span;
        }
        if let Some(((place, written), millis)) = time {
            let mut number = itoa::Buffer::new();
            let digits = number.format(millis).as_bytes();
            out.splice(place.clone(), digits.iter().copied());
            (place.end, *written) = (place.start + digits.len(), millis);
        }
        self.opening = Some(worker.ring.pool().write_all(out));
    }
}
