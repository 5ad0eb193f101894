//! Random numbers for balancing and request ids: fast, not for secrets.

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher, RandomState};

/// A generator (SplitMix64, Steele et al. 2014) seeded by the system.
pub(crate) struct Random(Cell<u64>);

impl Random {
    /// A generator that no other worker or process shares.
    pub(crate) fn from_system() -> Self {
        // The standard library seeds its hash maps from the system's random source.
        Self(Cell::new(RandomState::new().build_hasher().finish()))
    }

    /// The next number, uniform over all 64 bits.
    pub(crate) fn next(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
