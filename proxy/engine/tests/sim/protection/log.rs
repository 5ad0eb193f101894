//! What has happened: the last of it to be shown when a law is broken, and all of it as a hash, so that two runs of a seed
//! can be compared.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::clock::Event;
use super::ledger::End;

/// Lines that are shown when a law is broken.
const SHOWN: usize = 60;

/// One line of the log.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) enum Note {
    Happens(Event),
    /// A worker begins an attempt.
    Tries {
        exchange: usize,
        site: usize,
        probe: bool,
    },
    /// The store decided, with so much of the first bucket left.
    Store {
        question: usize,
        admits: bool,
        remaining: u32,
    },
    /// An exchange is over.
    Ends {
        exchange: usize,
        end: End,
    },
}

/// The log of a world.
pub(crate) struct Log {
    trace: bool,
    hasher: DefaultHasher,
    last: VecDeque<(u64, Note)>,
    pub(crate) lines: u64,
}

impl Log {
    /// `trace`: print every line.
    pub(crate) fn new(trace: bool) -> Self {
        Self { trace, hasher: DefaultHasher::new(), last: VecDeque::with_capacity(SHOWN), lines: 0 }
    }

    pub(crate) fn note(&mut self, now: u64, note: Note) {
        (now, note).hash(&mut self.hasher);
        self.lines += 1;
        if self.trace {
            println!("{:>14.6} {note:?}", now as f64 / 1e6);
        }
        if matches!(note, Note::Happens(Event::Tick { .. })) {
            return;
        }
        if self.last.len() == SHOWN {
            self.last.pop_front();
        }
        self.last.push_back((now, note));
    }

    /// The hash of everything so far.
    pub(crate) fn hash(&self) -> u64 {
        self.hasher.finish()
    }

    /// The last lines, as text.
    pub(crate) fn tail(&self) -> String {
        let line = |(now, note): &(u64, Note)| format!("{:>14.6} ms {note:?}\n", *now as f64 / 1e6);
        self.last.iter().map(line).collect()
    }
}
