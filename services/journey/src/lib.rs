//! Shoppers who walk through the marketplace, always through the gateway: one whose steps are shown, or many as a load.
//!
//! ```text
//! register, login ─ search ─ filter ─ product ─ 304 ─ cart ─ checkout and pay ─ order ─ (cancel)
//! ```
//!
//! Afterwards the books are compared: money that was captured with orders that are paid, stock that was sold with what
//! was ordered. Nothing here is part of the gateway or of a service. Where to read on: `shopper.rs` for the steps,
//! `demo.rs` for the one, `load.rs` for the many, `books.rs` for what must hold afterwards.

pub mod books;
pub mod client;
pub mod demo;
pub mod load;
pub mod options;
pub mod shopper;
pub mod step;
pub mod target;

mod chance;
