//! How long exchanges take, in buckets fine enough for true percentiles: the counts of one worker for one pair of route
//! and upstream.
//!
//! The buckets are those of an HdrHistogram ([`layout`]), so that what is counted here can be read with any of its tools.
//! The counts only ever grow; what happened within a second is what they grew by ([`Follower`]), so that the worker has
//! nothing to do when a second ends. Nothing here knows of routes, or of time.

pub mod delta;
pub mod layout;

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use bytemuck::allocation::zeroed_slice_box;

pub use delta::{Delta, Follower};

const NANOS_PER_MICRO: u64 = 1_000;

/// Which part of an exchange's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    /// All of it, from the first byte of the request to the last byte of the response.
    Total,
    /// Waiting for the upstream: from the beginning of an attempt to the end of its response head, or to its failure, added
    /// up over the attempts. Two attempts side by side are waited for once.
    Upstream,
    /// The gateway's own share, as in `supplex_overhead_seconds`.
    Overhead,
}

impl Phase {
    /// Every phase with its word.
    pub const ALL: [(Phase, &'static str); 3] =
        [(Phase::Total, "total"), (Phase::Upstream, "upstream"), (Phase::Overhead, "overhead")];
}

/// What a worker counts about latency for a pair of route and upstream.
///
/// A count has 32 bits and wraps: only differences are ever read, once a second, and no worker does four thousand million
/// exchanges in between. Half the size is half the cache.
#[derive(Debug)]
#[repr(align(128))]
pub struct LatencyBlock {
    exchanges: AtomicU32,
    /// The phases one after the other, [`layout::LENGTH`] counts each. One piece of zeroed memory: the system gives a page of
    /// it when it is first written to, so that latencies that never occur cost nothing.
    counts: Box<[AtomicU32]>,
}

impl Default for LatencyBlock {
    fn default() -> Self {
        Self { exchanges: AtomicU32::new(0), counts: zeroed_slice_box(Phase::ALL.len() * layout::LENGTH) }
    }
}

impl LatencyBlock {
    /// Counts an exchange; times in nanoseconds. `upstream` is `None` when no attempt was made.
    pub fn observe(&self, total: u64, upstream: Option<u64>, overhead: u64) {
        self.count(Phase::Total, total);
        if let Some(upstream) = upstream {
            self.count(Phase::Upstream, upstream);
        }
        self.count(Phase::Overhead, overhead);
        // Last, and with release: who sees this number sees what was counted before it, and may rely on having missed
        // nothing.
        self.exchanges.store(self.exchanges.load(Relaxed).wrapping_add(1), Release);
    }

    fn count(&self, phase: Phase, nanos: u64) {
        let index = phase as usize * layout::LENGTH + layout::index_of(nanos / NANOS_PER_MICRO);
        if let Some(count) = self.counts.get(index) {
            // One writer: a load and a store, not a locked read-modify-write.
            count.store(count.load(Relaxed).wrapping_add(1), Relaxed);
        }
    }

    /// How many exchanges were counted, modulo 2^32.
    fn exchanges(&self) -> u32 {
        self.exchanges.load(Acquire)
    }

    /// All counts, the phases one after the other.
    fn counts(&self) -> &[AtomicU32] {
        &self.counts
    }
}
