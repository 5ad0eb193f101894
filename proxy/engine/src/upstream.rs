//! Which endpoint a request goes to, and which of its idle connections it takes.
//!
//! Only the bookkeeping: nothing here owns a socket or knows an address. `balancer.rs` chooses among endpoints,
//! `hash_key.rs` says which requests belong together, `health.rs` and `outlier.rs` judge endpoints, `slow_start.rs` lets them
//! return gently, `pool.rs` keeps what is idle. The shell's `worker/pool` does the connecting and closing.

pub mod balancer;
pub mod hash_key;
pub mod health;
pub mod outlier;
pub mod pool;
pub mod slow_start;

pub use balancer::{Balancer, Draw, Member};
pub use pool::Pool;
