//! What a store is asked, and what it says: charges to several buckets at once, all of them or none.

use super::Key;
use crate::config::LimitId;

/// Limits one route may have.
pub const CHARGES_MOST: usize = 4;

/// Tokens to be taken from one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The limit, in the snapshot that the question names.
    pub limit: LimitId,
    /// Whose bucket.
    pub key: Key,
    /// Tokens this request costs: at least 1, or 0 for a refill that belongs to no request.
    pub cost: u32,
    /// Tokens wanted beyond the cost, to be spent by the asking worker without asking again. Taken as far as they are
    /// there; never a reason to refuse.
    pub extra: u32,
}

/// What became of one charge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Whether this bucket held the cost. When another bucket of the same question did not, nothing was taken here.
    pub covered: bool,
    /// Whole tokens left now.
    pub remaining: u32,
    /// Extra tokens that were taken.
    pub granted: u32,
    /// Nanoseconds until the bucket is full again.
    pub full_after: u64,
    /// Nanoseconds until the cost would be covered; 0 when it is.
    pub retry_after: u64,
}

/// What a store says to one question: a balance per charge, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    balances: [Balance; CHARGES_MOST],
    length: u8,
}

impl Verdict {
    /// A verdict with these balances; those beyond [`CHARGES_MOST`] are left out.
    #[must_use]
    pub fn new(balances: &[Balance]) -> Self {
        let mut verdict = Self::default();
        balances.iter().for_each(|balance| verdict.add(*balance));
        verdict
    }

    /// Adds the balance of the next charge; one beyond [`CHARGES_MOST`] is left out.
    pub fn add(&mut self, balance: Balance) {
        if let Some(slot) = self.balances.get_mut(usize::from(self.length)) {
            *slot = balance;
            self.length += 1;
        }
    }

    /// The balances, in the order of the charges.
    #[must_use]
    pub fn balances(&self) -> &[Balance] {
        self.balances.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// Whether every bucket held its cost, so that all were charged.
    #[must_use]
    pub fn admits(&self) -> bool {
        self.balances().iter().all(|balance| balance.covered)
    }
}
