//! The real `svc-orders` with the real `svc-products` and `svc-payments` on a real Postgres: carts in `cart.rs`, checkouts
//! in `checkout.rs`, keys in `keys.rs`, other ways in which they end in `endings.rs`, cancellations in `cancel.rs`, lists in
//! `list.rs`, what happens when the others fail in `outages.rs`, its life as a process in `process.rs`, and the proof that
//! nothing is lost or done twice under SIGKILL in `crash.rs`. Every answer is held against the service's own
//! `/openapi.json`, and that against the service in `contract.rs`.
//!
//! `cargo test -p supplex-orders` needs the other two programs, which `cargo build --workspace` makes.

mod cancel;
mod cart;
mod checkout;
mod contract;
mod crash;
mod endings;
mod keys;
mod list;
mod outages;
mod process;
mod shop;
mod tokens;
