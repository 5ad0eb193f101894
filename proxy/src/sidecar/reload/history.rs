//! The latest reloads, for whoever asks later what was changed and when. Bounded, and never a part of any decision.

use std::collections::VecDeque;
use std::time::SystemTime;

use super::outcome::{Outcome, Trigger};

/// Reloads that are remembered; older ones are in the log.
const MOST: usize = 32;

/// One reload.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Counts from 1 since the start.
    pub(crate) number: u64,
    /// When it was over.
    pub(crate) at: SystemTime,
    /// Who asked.
    pub(crate) trigger: Trigger,
    /// `accepted`, `refused` or `unchanged`, as in `supplex_reloads_total`.
    pub(crate) result: &'static str,
    /// The generation in force after it.
    pub(crate) generation: u64,
    /// What was found in the file: errors and warnings.
    pub(crate) problems: usize,
}

/// The latest of them.
#[derive(Debug, Default)]
pub(super) struct History {
    /// The newest first.
    entries: VecDeque<Entry>,
    count: u64,
}

impl History {
    pub(super) fn note(&mut self, at: SystemTime, trigger: Trigger, outcome: &Outcome, generation: u64) {
        let (result, problems) = match outcome {
            Outcome::Accepted { warnings, .. } => ("accepted", warnings.len()),
            Outcome::Unchanged { .. } => ("unchanged", 0),
            Outcome::Refused(refusal) => ("refused", refusal.problems.len()),
        };
        self.count += 1;
        self.entries.truncate(MOST - 1);
        self.entries.push_front(Entry { number: self.count, at, trigger, result, generation, problems });
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_stand_first_and_the_oldest_are_forgotten() {
        let mut history = History::default();
        for generation in 1..=40 {
            history.note(SystemTime::UNIX_EPOCH, Trigger::File, &Outcome::Unchanged { generation }, generation);
        }
        let numbers: Vec<_> = history.entries().map(|entry| entry.number).collect();
        assert_eq!(numbers, (9..=40).rev().collect::<Vec<_>>());
    }
}
