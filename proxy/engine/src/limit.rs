//! Rate limits: how much a bucket holds at a moment, and what a request may take from it.
//!
//! The arithmetic is GCRA (`bucket.rs`), which is a token bucket of `burst` tokens that is refilled at `rate`. Nothing
//! here keeps time or talks to a store. Where to read on: `charge.rs` for what a store is asked and says, `desk.rs` for what
//! a worker decides with a store and without it, `lease.rs` for what it decides without asking, `headers.rs` for what a
//! client is told; `exchange/stages/limit_rate.rs` says what a request is charged to.

mod bucket;
mod charge;
mod desk;
pub mod headers;
mod key;
mod keyed;
mod lease;
pub mod line;
mod table;

pub use bucket::{Bucket, Shape};
pub use charge::{Balance, CHARGES_MOST, Charge, Verdict};
pub use desk::{Alone, Desk};
pub use headers::{Limited, Told};
pub use key::Key;
pub use keyed::Family;
pub use lease::{Leases, Ruling, Standing, Wanted};
pub use table::{Entry, Table};
