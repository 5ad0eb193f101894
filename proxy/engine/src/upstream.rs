//! Which endpoint a request goes to, and which of its idle connections it takes.
//!
//! Only the bookkeeping: nothing here owns a socket or knows an address. `balancer.rs` chooses among endpoints,
//! `hash_key.rs` says which requests belong together, `health.rs` and `outlier.rs` judge endpoints and `slow_start.rs` lets
//! them return gently, which `fitness.rs` takes together; `breaker.rs` says whether one is to be left alone, `adaptive.rs`
//! how much the upstream gets at once, `pool.rs` keeps what is idle. The shell's `worker/forward.rs` does the connecting
//! and closing.

pub mod adaptive;
pub mod balancer;
pub mod breaker;
pub mod fitness;
pub mod hash_key;
pub mod health;
pub mod outlier;
pub mod pool;
pub mod queue;
pub mod retry_budget;
pub mod slow_start;
pub mod tried;

pub use adaptive::AdaptiveLimit;
pub use balancer::{Balancer, Draw, Member};
pub use breaker::Breaker;
pub use fitness::Fitness;
pub use pool::Pool;
pub use queue::Queue;
pub use retry_budget::RetryBudget;
pub use tried::Tried;
