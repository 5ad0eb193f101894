//! What happens while the store does not answer: `on_store_error`, limit by limit.
//!
//! `closed` refuses, `open` lets through, `local` has the worker enforce its share of the rate with buckets of its own.

use crate::config::{Limit, LimitId, OnStoreError};
use crate::limit::{Balance, CHARGES_MOST, Entry, Ruling, Standing, Table, Wanted};

/// What was decided about a request without its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alone {
    /// This limit refuses everything meanwhile. Nothing was charged.
    Closed(LimitId),
    /// The balances of the worker's own buckets, one per charge in their order; `None` for a charge that a lease covers, or
    /// whose limit lets everything through meanwhile.
    Decided([Option<Balance>; CHARGES_MOST]),
}

impl Alone {
    /// Whether the request passes.
    #[must_use]
    pub fn admits(&self) -> bool {
        match self {
            Self::Closed(_) => false,
            Self::Decided(balances) => balances.iter().flatten().all(|balance| balance.covered),
        }
    }
}

/// Decides about the charges that the store should have decided about; those that a lease covers are covered.
pub(super) fn decide(
    table: &mut Table,
    workers: usize,
    limits: &[Limit],
    wanted: &[Wanted],
    ruling: &Ruling,
    now: u64,
) -> Alone {
    let way_out = |wanted: &Wanted| {
        limits.get(wanted.charge.limit.index()).map_or(OnStoreError::Open, |limit| limit.on_store_error)
    };
    let asked = |way: OnStoreError| {
        let both = wanted.iter().zip(ruling.standings()).enumerate();
        let asked = both.filter(|(_, (_, standing))| matches!(standing, Standing::Ask { .. }));
        asked.filter(move |(_, (wanted, _))| way_out(wanted) == way).map(|(at, (wanted, _))| (at, wanted))
    };
    if let Some((_, wanted)) = asked(OnStoreError::Closed).next() {
        return Alone::Closed(wanted.charge.limit);
    }
    let mut balances = [None; CHARGES_MOST];
    let mut entries = asked(OnStoreError::Local).map(|(_, wanted)| entry(wanted, workers));
    let Some(first) = entries.next() else { return Alone::Decided(balances) };
    let (mut list, mut length) = ([first; CHARGES_MOST], 1);
    for (place, entry) in list.iter_mut().skip(1).zip(entries) {
        *place = entry;
        length += 1;
    }
    let verdict = table.charge(list.get(..length).unwrap_or_default(), now);
    for ((at, _), balance) in asked(OnStoreError::Local).zip(verdict.balances()) {
        if let Some(place) = balances.get_mut(at) {
            *place = Some(*balance);
        }
    }
    Alone::Decided(balances)
}

fn entry(wanted: &Wanted, workers: usize) -> Entry {
    let (key, cost) = (wanted.charge.key, wanted.charge.cost);
    Entry { family: wanted.family, shape: wanted.shape.share(workers, cost), key, cost, extra: 0 }
}
