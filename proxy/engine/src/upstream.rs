//! Which endpoint a request goes to, and which of its idle connections it takes.
//!
//! Only the bookkeeping: nothing here owns a socket or knows an address. `balancer.rs` chooses among endpoints, `pool.rs`
//! keeps what is idle, `breaker.rs` says whether an endpoint is to be left alone. The shell's `worker/pool` does the connecting and closing.

pub mod balancer;
pub mod breaker;
pub mod pool;
pub mod queue;
pub mod retry_budget;
pub mod tried;

pub use balancer::Balancer;
pub use breaker::Breaker;
pub use pool::Pool;
pub use queue::Queue;
pub use retry_budget::RetryBudget;
pub use tried::Tried;
