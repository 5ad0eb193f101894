//! What one worker decides about limits, with their store and without it: leases and remembered refusals, buckets to fall
//! back to, and how the stores have answered lately.
//!
//! It decides and never asks: which questions are under way, who waits for them and what a client is told is the shell's
//! (`worker/limit/desk.rs`), or a simulation's. Where to read on: `lease.rs` for what needs no question,
//! `desk/alone.rs` for `on_store_error`, `desk/trouble.rs` for stores that do not answer.

mod alone;
mod trouble;

use std::time::Duration;

pub use alone::Alone;
use trouble::Trouble;

use super::{Leases, Ruling, Table, Verdict, Wanted};
use crate::config::{Limit, Store};

/// Nanoseconds that a store may take when there is no Redis to say so.
const LOCAL_PATIENCE: u64 = 20_000_000;
/// How much longer than the store's own timeout its answer is waited for: the way there and back.
const WAY: u64 = 30_000_000;

/// The limits of one worker. Times are nanoseconds on a clock that never goes back.
#[derive(Debug)]
pub struct Desk {
    leases: Leases,
    fallback: Table,
    workers: usize,
    /// By store.
    stores: [Trouble; 2],
}

impl Desk {
    /// Of one of so many workers, with room for the leases and refusals of so many keys, and for so many buckets to fall
    /// back to (each at least 8). `seed` should be random.
    #[must_use]
    pub fn new(keys: usize, buckets: usize, workers: usize, seed: u64) -> Self {
        let (leases, fallback) = (Leases::new(keys, workers, seed), Table::new(buckets, seed));
        Self { leases, fallback, workers, stores: [Trouble::default(); 2] }
    }

    /// Decides what can be decided without asking, see [`Leases::rule`]. If the store must be asked, one of
    /// [`Desk::answered`], [`Desk::without_store`] and [`Desk::given_up`] must follow.
    pub fn rule(&mut self, wanted: &[Wanted], now: u64) -> Ruling {
        self.leases.rule(wanted, now)
    }

    /// What to ask the store ahead of time about the charge at this position of a ruling, see [`Leases::refill`].
    /// [`Desk::refilled`] must follow.
    pub fn refill(&mut self, ruling: &Ruling, at: usize, wanted: &Wanted, now: u64) -> Option<(Wanted, Ruling)> {
        self.leases.refill(ruling, at, wanted, now)
    }

    /// Whether the store of these charges is worth a question now; all of a request's limits have the same.
    #[must_use]
    pub fn may_ask(&self, limits: &[Limit], wanted: &[Wanted], now: u64) -> bool {
        self.stores.get(store_of(limits, wanted)).is_none_or(|trouble| !trouble.is_left_alone(now))
    }

    /// How long the answer to a question is waited for, where Redis may take so long; `None`: there is no Redis.
    #[must_use]
    pub fn patience(timeout: Option<Duration>) -> u64 {
        let nanos = |timeout: Duration| u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX / 4);
        timeout.map_or(LOCAL_PATIENCE, nanos).saturating_add(WAY)
    }

    /// Notes whether the store answered a request that waited for it.
    pub fn note_store(&mut self, limits: &[Limit], wanted: &[Wanted], now: u64, answered: bool) {
        if let Some(trouble) = self.stores.get_mut(store_of(limits, wanted)) {
            trouble.note(now, answered);
        }
    }

    /// Takes in what the store said. Returns the balances of all charges, in their order.
    pub fn answered(&mut self, wanted: &[Wanted], ruling: &Ruling, verdict: &Verdict, now: u64) -> Verdict {
        self.leases.answered(wanted, ruling, verdict, now)
    }

    /// Decides as `on_store_error` of the limits says, because the store was not asked or did not answer.
    pub fn without_store(&mut self, limits: &[Limit], wanted: &[Wanted], ruling: &Ruling, now: u64) -> Alone {
        let alone = alone::decide(&mut self.fallback, self.workers, limits, wanted, ruling, now);
        self.leases.unanswered(wanted, ruling, alone.admits());
        alone
    }

    /// The request is gone before the store answered: what was set aside for it is not spent.
    pub fn given_up(&mut self, wanted: &[Wanted], ruling: &Ruling) {
        self.leases.unanswered(wanted, ruling, false);
    }

    /// Takes in what the store said to a refill; `None`: it was not asked or did not answer.
    pub fn refilled(&mut self, free: &Wanted, ruling: &Ruling, verdict: Option<&Verdict>, now: u64) {
        let free = std::slice::from_ref(free);
        match verdict {
            Some(verdict) => {
                self.leases.answered(free, ruling, verdict, now);
            }
            None => self.leases.unanswered(free, ruling, true),
        }
    }

    /// Forgets what was decided under other limits.
    pub fn limits_changed(&mut self) {
        self.leases.clear();
    }

    /// The leases and remembered refusals.
    #[must_use]
    pub fn leases(&self) -> &Leases {
        &self.leases
    }

    /// The buckets that are fallen back to.
    #[must_use]
    pub fn fallback(&self) -> &Table {
        &self.fallback
    }
}

/// The store of all of a request's limits, as a number.
fn store_of(limits: &[Limit], wanted: &[Wanted]) -> usize {
    let limit = wanted.first().and_then(|wanted| limits.get(wanted.charge.limit.index()));
    limit.map_or(Store::Redis, |limit| limit.store) as usize
}

#[cfg(test)]
mod tests;
