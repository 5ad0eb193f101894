//! The store that is a process, in the way of `sidecar/limits/local.rs`: the engine's table. Beside it stands the script's
//! arithmetic, and both must say the same to every question.

use std::collections::BTreeMap;

use supplex_engine::config::LimitId;
use supplex_engine::limit::{Entry, Family, Table, Verdict};

use super::debt::{self, Asked, Kept};
use super::meters::{BucketId, Charged};
use super::setup::Setup;

/// One store.
pub(crate) struct Local {
    table: Table,
    kept: BTreeMap<BucketId, Kept>,
}

impl Local {
    pub(crate) fn new(seed: u64) -> Self {
        Self { table: Table::new(1 << 18, seed), kept: BTreeMap::new() }
    }

    /// Nanoseconds that a bucket lacks.
    pub(crate) fn debt(&self, id: BucketId, now: u64) -> u64 {
        self.kept.get(&id).map_or(0, |kept| kept.debt_at(now / 1000))
    }

    /// Takes what a question asks for, all or nothing. Returns what buckets have gained by becoming smaller, too.
    pub(crate) fn take(&mut self, setup: &Setup, charges: &[Charged], now: u64) -> (Verdict, Vec<(BucketId, u64)>) {
        let family = |id: LimitId| Family::of(&setup.limits[id.index()].name);
        let entry = |charged: &Charged| {
            let Charged { id: (limit, key), shape, cost, extra, .. } = *charged;
            Entry { family: family(limit), shape, key, cost, extra }
        };
        let entries: Vec<Entry> = charges.iter().map(entry).collect();
        let verdict = self.table.charge(&entries, now);
        let asked = |charged: &Charged| {
            let Charged { id, shape, cost, extra, .. } = *charged;
            Asked { shape, cost, extra, kept: self.kept.get(&id).copied() }
        };
        let became = debt::run(&charges.iter().map(asked).collect::<Vec<_>>(), now / 1000);
        let balances: Vec<_> = became.iter().map(|became| became.balance).collect();
        assert_eq!(verdict, Verdict::new(&balances), "the table and the script differ: {charges:?}");
        let mut forgiven = Vec::new();
        for (charged, became) in charges.iter().zip(became) {
            if let Some(kept) = became.written {
                self.kept.insert(charged.id, kept);
                if became.forgiven > 0 {
                    forgiven.push((charged.id, became.forgiven));
                }
            }
        }
        (verdict, forgiven)
    }
}
