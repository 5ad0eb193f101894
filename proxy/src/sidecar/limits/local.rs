//! The store that is this process: buckets for all its workers, exact between them, gone with the process.
//!
//! Time is the process's monotonic clock. What is counted here outlives reloads, because a limit is known by its name.

use std::hash::BuildHasher;
use std::time::Instant;

use foldhash::fast::RandomState;
use supplex_engine::config::Snapshot;
use supplex_engine::limit::{Charge, Entry, Family, Shape, Table, Verdict};

use crate::link::limits::{Question, StoreError};

/// Buckets that are not full at once. About 100 bytes each; beyond, the one used least recently is forgotten.
const BUCKETS_MOST: usize = 1 << 18;

/// The store.
#[derive(Debug)]
pub(super) struct Local {
    table: Table,
    begun: Instant,
}

impl Default for Local {
    fn default() -> Self {
        // The keys of a hasher are random: clients must not be able to choose keys that collide.
        let seed = RandomState::default().hash_one(0_u8);
        Self { table: Table::new(BUCKETS_MOST, seed), begun: Instant::now() }
    }
}

impl Local {
    /// Takes what a question asks for, all or nothing.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the question names a limit that its snapshot does not have.
    pub(super) fn take(&mut self, question: &Question) -> Result<Verdict, StoreError> {
        let now = u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.take_at(question, now)
    }

    fn take_at(&mut self, question: &Question, now: u64) -> Result<Verdict, StoreError> {
        let entries: Result<Vec<Entry>, _> =
            question.charges().map(|charge| entry(&question.snapshot, charge)).collect();
        Ok(self.table.charge(&entries?, now))
    }

    /// Buckets that are kept.
    #[must_use]
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }
}

fn entry(snapshot: &Snapshot, charge: &Charge) -> Result<Entry, StoreError> {
    let limit = snapshot.limits.get(charge.limit.index()).ok_or(StoreError::Refused)?;
    let Charge { key, cost, extra, .. } = *charge;
    Ok(Entry { family: Family::of(&limit.name), shape: Shape::of(limit), key, cost, extra })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{charge, limit, question, snapshot};
    use super::*;

    #[test]
    fn the_burst_and_then_the_rate_whoever_asks() {
        let (mut local, snapshot) = (Local::default(), snapshot(vec![limit("a", 10, 3)]));
        let mut ask =
            |now| local.take_at(&question(&snapshot, &[charge(0, "k", 1, 0)]), now).expect("a verdict").admits();
        assert_eq!([ask(0), ask(0), ask(0), ask(0)], [true, true, true, false]);
        assert_eq!([ask(99_999_999), ask(100_000_000), ask(100_000_000)], [false, true, false]);
        assert_eq!(local.len(), 1);
    }

    #[test]
    fn a_reload_keeps_what_was_taken_because_limits_are_known_by_name() {
        let mut local = Local::default();
        let (old, new) = (snapshot(vec![limit("a", 1, 1)]), snapshot(vec![limit("b", 1, 1), limit("a", 1, 1)]));
        assert!(local.take_at(&question(&old, &[charge(0, "k", 1, 0)]), 0).expect("a verdict").admits());
        assert!(!local.take_at(&question(&new, &[charge(1, "k", 1, 0)]), 0).expect("a verdict").admits());
        assert!(local.take_at(&question(&new, &[charge(0, "k", 1, 0)]), 0).expect("a verdict").admits());
    }

    #[test]
    fn a_limit_that_is_not_there_is_refused_and_takes_nothing() {
        let (mut local, snapshot) = (Local::default(), snapshot(vec![limit("a", 1, 1)]));
        let both = question(&snapshot, &[charge(0, "k", 1, 0), charge(1, "k", 1, 0)]);
        assert_eq!(local.take_at(&both, 0), Err(StoreError::Refused));
        assert!(local.take_at(&question(&snapshot, &[charge(0, "k", 1, 0)]), 0).expect("a verdict").admits());
    }
}
