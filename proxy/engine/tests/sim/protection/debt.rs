//! The arithmetic of `sidecar/limits/script.lua`, line by line: a bucket is kept as what it lacks, and since when.
//!
//! The engine's bucket keeps the moment at which it is full, which comes to the same unless a clock is set back. Wherever
//! both are there, each must say what the other says: that is looked at in every question.

use supplex_engine::limit::{Balance, Shape};

/// A bucket as Redis keeps it. Times are microseconds of the server's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) since: u64,
    /// Nanoseconds of refill that were missing then.
    pub(crate) debt: u64,
    pub(crate) expires: u64,
}

impl Kept {
    /// What is missing at a moment.
    pub(crate) fn debt_at(self, now: u64) -> u64 {
        if self.expires <= now { 0 } else { self.debt.saturating_sub(now.saturating_sub(self.since) * 1000) }
    }
}

/// What is asked of one bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) shape: Shape,
    pub(crate) cost: u32,
    pub(crate) extra: u32,
    pub(crate) kept: Option<Kept>,
}

/// What becomes of one bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Became {
    pub(crate) balance: Balance,
    /// What is written, if anything is.
    pub(crate) written: Option<Kept>,
    /// Nanoseconds that were missing and are no longer, because the bucket has become smaller.
    pub(crate) forgiven: u64,
}

/// Takes what is asked of all buckets, or nothing.
pub(crate) fn run(asked: &[Asked], now: u64) -> Vec<Became> {
    let room = |one: &Asked| one.shape.interval() * u64::from(one.shape.burst());
    let before = |one: &Asked| one.kept.map_or(0, |kept| kept.debt_at(now));
    // A bucket lacks no more than it holds, and may have become smaller since.
    let debts: Vec<u64> = asked.iter().map(|one| before(one).min(room(one))).collect();
    let short = |one: &Asked, debt: u64| {
        (one.shape.interval() * u64::from(one.cost)).saturating_sub(room(one).saturating_sub(debt))
    };
    let admitted = asked.iter().zip(&debts).all(|(one, debt)| short(one, *debt) == 0);
    let became = asked.iter().zip(debts).map(|(one, mut debt)| {
        let (interval, room, short) = (one.shape.interval(), room(one), short(one, debt));
        let (mut granted, forgiven) = (0, before(one) - debt);
        if admitted {
            debt += interval * u64::from(one.cost);
            granted = u64::from(one.extra).min((room - debt) / interval);
            debt += granted * interval;
        }
        let ahead = one.kept.is_some_and(|kept| kept.expires > now && kept.since > now);
        let expires = now + (debt.div_ceil(1_000_000) + 1000) * 1000;
        let balance = Balance {
            covered: short == 0,
            remaining: (room.saturating_sub(debt) / interval) as u32,
            granted: granted as u32,
            full_after: debt,
            retry_after: short,
        };
        Became {
            balance,
            written: (admitted || ahead || forgiven > 0).then_some(Kept { since: now, debt, expires }),
            forgiven,
        }
    });
    became.collect()
}
