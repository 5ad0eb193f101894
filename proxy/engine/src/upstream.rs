//! Which endpoint a request goes to, and which of its idle connections it takes.
//!
//! Only the bookkeeping: nothing here owns a socket or knows an address. `balancer.rs` chooses among endpoints,
//! `hash_key.rs` says which requests belong together, `pool.rs` keeps what is idle. The shell's
//! `worker/pool` does the connecting and closing.

pub mod balancer;
pub mod hash_key;
pub mod pool;

pub use balancer::{Balancer, Draw, Member};
pub use pool::Pool;
