//! What an all-seeing observer adds up about limits: how much was admitted, and how much may be.
//!
//! A meter is a bucket of its own that never hears of leases or Redis. It holds what the limit allows at most, and every
//! token that is spent is taken from it when it is decided about: by the store's yes, or from a lease. It never runs short,
//! or the limit was not the limit. Tokens that the store forgot are given to it, to the nanosecond.

use std::collections::BTreeMap;

use supplex_engine::config::LimitId;
use supplex_engine::limit::{Key, Shape};

use super::clock::Place;
use super::setup::Size;

/// A bucket, over reloads.
pub(crate) type BucketId = (LimitId, Key);

/// Tokens that are taken from one bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Charged {
    pub(crate) id: BucketId,
    pub(crate) shape: Shape,
    pub(crate) cost: u32,
    pub(crate) extra: u32,
    /// Of the configuration.
    pub(crate) version: usize,
    /// Who keeps the bucket: Redis for everybody, or the process of this number for itself.
    pub(crate) keeper: usize,
}

/// What is left of what is allowed, in nanoseconds of refill.
#[derive(Clone, Copy, Debug)]
struct Meter {
    level: u64,
    most: u64,
    at: u64,
}

impl Meter {
    fn new(most: u64, now: u64) -> Self {
        Self { level: most, most, at: now }
    }

    fn give(&mut self, nanos: u64) {
        self.level = self.level.saturating_add(nanos).min(self.most);
    }

    fn flow(&mut self, now: u64) {
        self.give(now - self.at);
        self.at = now;
    }
}

/// The meters of all buckets, one for each version of their limit: what was spent under others makes no difference to what
/// may be spent under one.
#[derive(Debug, Default)]
pub(crate) struct Meters {
    store: BTreeMap<(usize, BucketId, usize), Meter>,
    /// For what a worker lets through by itself, while the store does not answer.
    alone: BTreeMap<(Place, BucketId), (usize, Meter)>,
    /// When the store last forgot something of a bucket.
    forgave: BTreeMap<(usize, BucketId), u64>,
}

/// The most tokens that one worker may hold of a bucket, as documented in `limit/lease.rs`.
pub(crate) fn lease_most(shape: Shape, workers: usize) -> u32 {
    (shape.burst() / (8 * workers as u32)).min(4096)
}

impl Meters {
    fn meter(&mut self, size: Size, charged: &Charged, now: u64) -> &mut Meter {
        let over = size.sharing as u32 * size.workers as u32 * lease_most(charged.shape, size.workers);
        let most = charged.shape.capacity() + charged.shape.worth(over);
        let meter = self.store.entry((charged.keeper, charged.id, charged.version)).or_insert(Meter::new(most, now));
        meter.flow(now);
        meter
    }

    /// Tokens are spent: from a lease, or because the store said yes.
    pub(crate) fn spend(&mut self, size: Size, charged: &Charged, now: u64) {
        let worth = charged.shape.worth(charged.cost);
        let meter = self.meter(size, charged, now);
        assert!(meter.level >= worth, "more was admitted than the limit allows: {charged:?} of {meter:?}");
        meter.level -= worth;
    }

    /// Tokens of a lease were not spent after all.
    pub(crate) fn take_back(&mut self, size: Size, charged: &Charged, now: u64) {
        let worth = charged.shape.worth(charged.cost);
        self.meter(size, charged, now).give(worth);
    }

    /// The store forgot that this much was missing.
    pub(crate) fn forgive(&mut self, keeper: usize, forgiven: &[(BucketId, u64)], now: u64) {
        for (id, nanos) in forgiven {
            self.forgave.insert((keeper, *id), now);
            for (_, meter) in self.store.range_mut((keeper, *id, 0)..=(keeper, *id, usize::MAX)) {
                meter.flow(now);
                meter.give(*nanos);
            }
        }
    }

    /// Whether the store has forgotten something of a bucket since then.
    pub(crate) fn forgave_since(&self, charged: &Charged, since: u64) -> bool {
        self.forgave.get(&(charged.keeper, charged.id)).is_some_and(|at| *at >= since)
    }

    /// A worker decided by itself, for its share of the rate.
    pub(crate) fn alone(&mut self, place: Place, share: &Charged, covered: bool, admitted: bool, now: u64) {
        let full = || (share.version, Meter::new(share.shape.capacity(), now));
        let (version, meter) = self.alone.entry((place, share.id)).or_insert_with(full);
        if share.version > *version {
            (*version, *meter) = full();
        }
        if share.version < *version {
            // It is charged under limits that are gone, to a bucket that already has another shape.
            return;
        }
        meter.flow(now);
        let worth = share.shape.worth(share.cost);
        assert!(!covered || meter.level >= worth, "alone, more than the share: {share:?} of {meter:?}");
        // What another version has taken is not known here; without one the bucket is known exactly.
        assert!(covered || *version > 0 || meter.level < worth, "alone, refused for nothing: {share:?} of {meter:?}");
        if admitted {
            meter.level -= worth;
        }
    }
}
