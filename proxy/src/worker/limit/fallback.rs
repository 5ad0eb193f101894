//! What happens while the store does not answer: `on_store_error`, limit by limit.
//!
//! `closed` refuses, `open` lets through, `local` has this worker enforce its share of the rate with buckets of its own.

use supplex_engine::config::OnStoreError;
use supplex_engine::limit::{CHARGES_MOST, Entry, Ruling, Standing, Table, Told, Wanted};
use supplex_engine::reason::Reason;
use supplex_engine::stats::{LimitDecision, LimitSource};

use super::{Live, Outcome, count};

/// Decides about the charges that the store should have decided about; those that a lease covers are covered.
pub(super) fn decide(
    table: &mut Table,
    workers: usize,
    live: &Live,
    wanted: &[Wanted],
    ruling: &Ruling,
    now: u64,
) -> Outcome {
    let asked = || {
        let both = wanted.iter().zip(ruling.standings());
        both.filter(|(_, standing)| matches!(standing, Standing::Ask { .. })).map(|(wanted, _)| wanted)
    };
    let closed = asked().find(|wanted| way_out(live, wanted) == OnStoreError::Closed);
    if let Some(wanted) = closed {
        count(live, wanted.charge.limit, LimitDecision::Refused, LimitSource::Fallback);
        return Err((Reason::LimitStore, Told::default()));
    }
    let mut entries = [None; CHARGES_MOST];
    let mut length = 0;
    for wanted in asked().filter(|wanted| way_out(live, wanted) == OnStoreError::Local) {
        if let Some(free) = entries.get_mut(length) {
            *free = Some((wanted, entry(wanted, workers)));
            length += 1;
        }
    }
    let charges: [Option<Entry>; CHARGES_MOST] = entries.map(|entry| entry.map(|(_, entry)| entry));
    let verdict = charge(table, &charges, now);
    let mut told = Told::default();
    for ((wanted, _), balance) in entries.iter().flatten().zip(verdict.balances()) {
        told.add(wanted.charge.limit, balance);
        if !balance.covered {
            count(live, wanted.charge.limit, LimitDecision::Refused, LimitSource::Fallback);
        }
    }
    if !verdict.admits() {
        return Err((Reason::LimitExceeded, told));
    }
    for (wanted, standing) in wanted.iter().zip(ruling.standings()) {
        let source = match standing {
            Standing::Leased(balance) => {
                told.add(wanted.charge.limit, balance);
                LimitSource::Lease
            }
            Standing::Ask { .. } | Standing::Remembered(_) => LimitSource::Fallback,
        };
        count(live, wanted.charge.limit, LimitDecision::Admitted, source);
    }
    Ok(told)
}

/// Whether one limit would let a request pass.
pub(super) fn passes(table: &mut Table, workers: usize, live: &Live, wanted: &Wanted, now: u64) -> bool {
    match way_out(live, wanted) {
        OnStoreError::Local => table.charge(&[entry(wanted, workers)], now).admits(),
        OnStoreError::Open => true,
        OnStoreError::Closed => false,
    }
}

fn charge(table: &mut Table, charges: &[Option<Entry>; CHARGES_MOST], now: u64) -> supplex_engine::limit::Verdict {
    match *charges {
        [Some(a), Some(b), Some(c), Some(d)] => table.charge(&[a, b, c, d], now),
        [Some(a), Some(b), Some(c), None] => table.charge(&[a, b, c], now),
        [Some(a), Some(b), None, _] => table.charge(&[a, b], now),
        [Some(a), None, ..] => table.charge(&[a], now),
        [None, ..] => table.charge(&[], now),
    }
}

fn entry(wanted: &Wanted, workers: usize) -> Entry {
    let (key, cost) = (wanted.charge.key, wanted.charge.cost);
    Entry { family: wanted.family, shape: wanted.shape.share(workers, cost), key, cost, extra: 0 }
}

fn way_out(live: &Live, wanted: &Wanted) -> OnStoreError {
    let limit = live.snapshot.limits.get(wanted.charge.limit.index());
    limit.map_or(OnStoreError::Open, |limit| limit.on_store_error)
}
