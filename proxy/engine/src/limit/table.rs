//! Buckets by limit and key, in a bounded table: what a store without Redis keeps, and what a worker falls back to.
//!
//! When there are more keys than the table holds, full buckets go first, because nothing is lost with them; then the one
//! used least recently, which is full again when its key comes back.

use super::keyed::{Family, Keyed};
use super::{Balance, Bucket, CHARGES_MOST, Key, Shape, Verdict};

/// One charge to a bucket of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The limit.
    pub family: Family,
    /// How its buckets are.
    pub shape: Shape,
    /// Whose bucket.
    pub key: Key,
    /// Tokens to take.
    pub cost: u32,
    /// Tokens to take beyond the cost, as far as they are there.
    pub extra: u32,
}

/// Buckets by limit and key.
#[derive(Debug)]
pub struct Table {
    buckets: Keyed<Bucket>,
}

impl Table {
    /// A table of at most `most` buckets (at least 8). `seed` should be random.
    #[must_use]
    pub fn new(most: usize, seed: u64) -> Self {
        Self { buckets: Keyed::new(most, seed) }
    }

    /// Takes what all `entries` ask for, or nothing if one of their buckets does not hold its cost. Entries beyond
    /// [`CHARGES_MOST`] are left out. Of two entries with the same limit and key each is judged alone.
    pub fn charge(&mut self, entries: &[Entry], now: u64) -> Verdict {
        let entries = entries.get(..CHARGES_MOST).unwrap_or(entries);
        let mut slots = [0; CHARGES_MOST];
        let mut balances = [Balance::default(); CHARGES_MOST];
        let mut covered = true;
        for ((entry, slot), balance) in entries.iter().zip(&mut slots).zip(&mut balances) {
            *slot = self.buckets.place(entry.family, &entry.key, |bucket| bucket.is_full(now));
            if let Some(bucket) = self.buckets.get_mut(*slot) {
                bucket.settle(entry.shape, now);
                *balance = bucket.look(entry.shape, now, entry.cost);
            }
            covered &= balance.covered;
        }
        if covered {
            for ((entry, slot), balance) in entries.iter().zip(slots).zip(&mut balances) {
                if let Some(bucket) = self.buckets.get_mut(slot) {
                    *balance = bucket.take(entry.shape, now, entry.cost, entry.extra);
                }
            }
        }
        Verdict::new(balances.get(..entries.len()).unwrap_or_default())
    }

    /// How many buckets there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.buckets.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Rate;
    use std::time::Duration;

    fn entry(limit: &str, burst: u32, key: &str, cost: u32) -> Entry {
        let shape = Shape::new(Rate { tokens: 1, period: Duration::from_secs(1) }, burst);
        Entry { family: Family::of(limit), shape, key: Key::new(key.as_bytes()).unwrap(), cost, extra: 0 }
    }

    #[test]
    fn several_buckets_are_charged_together_or_not_at_all() {
        let mut table = Table::new(100, 1);
        let (wide, narrow) = (entry("wide", 10, "a", 1), entry("narrow", 2, "a", 1));
        for _ in 0..2 {
            assert!(table.charge(&[wide, narrow], 0).admits());
        }
        for _ in 0..5 {
            let verdict = table.charge(&[wide, narrow], 0);
            assert!(!verdict.admits());
            assert_eq!(verdict.balances().iter().map(|it| it.covered).collect::<Vec<_>>(), [true, false]);
        }
        assert_eq!(table.charge(&[wide], 0).balances()[0].remaining, 7, "refused requests took nothing");
        assert!(table.charge(&[entry("narrow", 2, "b", 2)], 0).admits(), "another key has a bucket of its own");
    }

    #[test]
    fn full_buckets_leave_the_table_by_themselves() {
        let mut table = Table::new(10_000, 1);
        for number in 0..1000 {
            table.charge(&[entry("a", 1, &number.to_string(), 1)], 0);
        }
        assert_eq!(table.len(), 1000);
        for number in 0..1000 {
            table.charge(&[entry("a", 1, &format!("x{number}"), 1)], 2_000_000_000);
        }
        assert!(table.len() <= 1001, "{}", table.len());
    }
}
