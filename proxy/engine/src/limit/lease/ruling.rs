//! What a worker can say about a request without asking the store: one standing per charge.
//!
//! Only the answer; `lease.rs` comes to it, and learns from what the store says to the rest.

use super::Wanted;
use crate::limit::{Balance, CHARGES_MOST, Charge};

/// What can be said about one charge without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A lease covers it. The balance is an estimate.
    Leased(Balance),
    /// The store has refused as much, and the bucket cannot have filled up enough since.
    Remembered(Balance),
    /// Nothing: the store must be asked, and for so many extra tokens.
    Ask {
        /// See [`Charge::extra`].
        extra: u32,
    },
}

/// What can be said about the charges of one request without asking.
#[derive(Clone, Copy, Debug)]
pub struct Ruling {
    pub(super) standings: [Standing; CHARGES_MOST],
    pub(super) length: usize,
    /// Where the leases and refusals of the charges were when it was made.
    pub(super) slots: [u32; CHARGES_MOST],
    /// When it was made.
    pub(super) at: u64,
    pub(super) low: bool,
    /// Under which limits, see [`super::Leases::clear`].
    pub(super) era: u32,
}

impl Ruling {
    /// One standing per charge, in their order.
    #[must_use]
    pub fn standings(&self) -> &[Standing] {
        self.standings.get(..self.length).unwrap_or_default()
    }

    /// Whether it is known that the request must be refused. Nothing was taken then.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.standings().iter().any(|standing| matches!(standing, Standing::Remembered(_)))
    }

    /// Whether leases cover everything. The tokens are spent then.
    #[must_use]
    pub fn admits(&self) -> bool {
        self.standings().iter().all(|standing| matches!(standing, Standing::Leased(_)))
    }

    /// Whether a lease that it rests on is half spent: a good moment for [`super::Leases::refill`].
    #[must_use]
    pub fn runs_low(&self) -> bool {
        self.low
    }

    /// The charges that the store must be asked for, in their order.
    pub fn questions<'a>(&'a self, wanted: &'a [Wanted]) -> impl Iterator<Item = Charge> + 'a {
        wanted.iter().zip(self.standings()).filter_map(|(wanted, standing)| match standing {
            Standing::Ask { extra } => Some(Charge { extra: *extra, ..wanted.charge }),
            Standing::Leased(_) | Standing::Remembered(_) => None,
        })
    }
}
