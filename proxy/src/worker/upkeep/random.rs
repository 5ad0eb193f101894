//! Random numbers for balancing and request ids: fast, not for secrets.

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher, RandomState};

use supplex_engine::hash::{GOLDEN, scramble};

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
        let state = self.0.get();
        self.0.set(state.wrapping_add(GOLDEN));
        scramble(state)
    }
}
