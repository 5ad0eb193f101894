//! Redis, as far as limits know it: buckets, a script that must be loaded, a clock, and a replica that lags behind.
//!
//! It can be slow, stand still, restart empty, forget its scripts, have its clock set, and be replaced by its replica, which
//! does not know the last few writes. Whatever it forgets by that, it reports: the laws count with it.

use std::collections::{BTreeMap, VecDeque};

use supplex_engine::limit::{Bucket, Verdict};

use super::debt::{self, Asked, Kept};
use super::meters::{BucketId, Charged};
use super::mutation::Mutation;

/// Writes that a replica may lack.
const LAG_MOST: usize = 32;
/// Microseconds since 1970 when a world begins.
const EPOCH: u64 = 1_800_000_000_000_000;

/// What the server says to one command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Verdict(Verdict),
    NoScript,
    /// It is not the one that takes writes any more.
    ReadOnly,
}

/// The server, and the network in front of it.
#[derive(Debug)]
pub(crate) struct Redis {
    kept: BTreeMap<BucketId, Kept>,
    /// The engine's bucket beside each of them, unless clocks or writes were lost since it was full.
    twins: BTreeMap<BucketId, Bucket>,
    /// What the last few writes replaced.
    undo: VecDeque<(BucketId, Option<Kept>)>,
    /// Microseconds that its clock is ahead.
    ahead: i64,
    pub(crate) knows_script: bool,
    pub(crate) is_up: bool,
    pub(crate) stands_still: bool,
    /// Nanoseconds that a way takes more than it should.
    pub(crate) slower: u64,
    /// Counts the servers that have been in charge, and their restarts.
    pub(crate) incarnation: u64,
    /// Pipelines that wait for a server that stands still: by process and flight.
    pub(crate) parked: Vec<(usize, usize)>,
    mutation: Mutation,
    commands: u64,
}

impl Redis {
    pub(crate) fn new(mutation: Mutation) -> Self {
        Self {
            kept: BTreeMap::new(),
            twins: BTreeMap::new(),
            undo: VecDeque::new(),
            ahead: 0,
            knows_script: false,
            is_up: true,
            stands_still: false,
            slower: 0,
            incarnation: 0,
            parked: Vec::new(),
            mutation,
            commands: 0,
        }
    }

    /// Microseconds on its clock.
    fn clock(&self, now: u64) -> u64 {
        (EPOCH + now / 1000).saturating_add_signed(self.ahead)
    }

    /// Nanoseconds that a bucket lacks.
    pub(crate) fn debt(&self, id: BucketId, now: u64) -> u64 {
        self.kept.get(&id).map_or(0, |kept| kept.debt_at(self.clock(now)))
    }

    /// Runs the script.
    pub(crate) fn evaluate(&mut self, charges: &[Charged], now: u64) -> (Reply, Vec<(BucketId, u64)>) {
        if !self.knows_script {
            return (Reply::NoScript, Vec::new());
        }
        self.commands += 1;
        let clock = self.clock(now);
        let asked = |charged: &Charged| {
            let Charged { id, shape, cost, extra, .. } = *charged;
            Asked { shape, cost, extra, kept: self.kept.get(&id).copied() }
        };
        let asked: Vec<Asked> = charges.iter().map(asked).collect();
        let became = debt::run(&asked, clock);
        let balances: Vec<_> = became.iter().map(|became| became.balance).collect();
        let verdict = Verdict::new(&balances);
        for ((charged, asked), balance) in charges.iter().zip(&asked).zip(&balances) {
            if asked.kept.is_none_or(|kept| kept.debt_at(clock) == 0) {
                self.twins.insert(charged.id, Bucket::default());
            }
            let Some(twin) = self.twins.get_mut(&charged.id) else { continue };
            let Charged { shape, cost, extra, .. } = *charged;
            let at = clock * 1000;
            twin.settle(shape, at);
            let same = if verdict.admits() { twin.take(shape, at, cost, extra) } else { twin.look(shape, at, cost) };
            assert_eq!(same, *balance, "the script and the engine's bucket differ: {charged:?}");
        }
        let mut forgiven = Vec::new();
        let forgets = self.mutation == Mutation::ForgetsToCharge && self.commands.is_multiple_of(5);
        for (charged, became) in charges.iter().zip(&became) {
            if let Some(kept) = became.written.filter(|_| !forgets) {
                let before = self.kept.insert(charged.id, kept);
                if self.undo.len() == LAG_MOST {
                    self.undo.pop_front();
                }
                self.undo.push_back((charged.id, before));
                if became.forgiven > 0 {
                    forgiven.push((charged.id, became.forgiven));
                }
            } else if forgets {
                self.twins.remove(&charged.id);
            }
        }
        (Reply::Verdict(verdict), forgiven)
    }

    /// Loses its script.
    pub(crate) fn flush_scripts(&mut self) {
        self.knows_script = false;
    }

    /// Ends, and loses everything.
    pub(crate) fn stop(&mut self, now: u64) -> Vec<(BucketId, u64)> {
        (self.is_up, self.stands_still) = (false, false);
        self.incarnation += 1;
        self.parked.clear();
        self.knows_script = false;
        self.changing(now, |redis| redis.kept.clear())
    }

    /// Its replica takes over, which lacks the last `lag` writes and has a clock of its own.
    pub(crate) fn fail_over(&mut self, lag: usize, ahead: i64, now: u64) -> Vec<(BucketId, u64)> {
        (self.is_up, self.stands_still) = (true, false);
        self.incarnation += 1;
        self.parked.clear();
        self.knows_script = false;
        self.changing(now, |redis| {
            for _ in 0..lag {
                match redis.undo.pop_back() {
                    Some((id, Some(kept))) => drop(redis.kept.insert(id, kept)),
                    Some((id, None)) => drop(redis.kept.remove(&id)),
                    None => break,
                }
            }
            redis.ahead = ahead;
        })
    }

    /// Its clock is set.
    pub(crate) fn set_clock(&mut self, ahead: i64, now: u64) -> Vec<(BucketId, u64)> {
        self.changing(now, |redis| redis.ahead = ahead)
    }

    /// What each bucket has gained by a change, in nanoseconds.
    fn changing(&mut self, now: u64, change: impl FnOnce(&mut Self)) -> Vec<(BucketId, u64)> {
        let ids: Vec<BucketId> = self.kept.keys().copied().collect();
        let before: Vec<u64> = ids.iter().map(|id| self.debt(*id, now)).collect();
        change(self);
        self.undo.clear();
        self.twins.clear();
        let gained = |(id, before): (BucketId, u64)| (id, before.saturating_sub(self.debt(id, now)));
        ids.into_iter().zip(before).map(gained).filter(|(_, gained)| *gained > 0).collect()
    }
}
