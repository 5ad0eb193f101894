//! Rate limits: how much a bucket holds at a moment, and what a request may take from it.
//!
//! The arithmetic is GCRA, which is a token bucket of `burst` tokens that is refilled at `rate`. Nothing here keeps time
//! or talks to a store. Where to read on: `charge.rs` for what a store is asked and says.

mod charge;
mod key;

pub use charge::{Balance, CHARGES_MOST, Charge, Verdict};
pub use key::Key;
