//! The circuit breaker of an endpoint: leaves alone what fails, and finds out carefully whether it is well again.
//!
//! Results are counted per worker in windows of ten buckets (`window.rs`), which anybody may add up (`merge.rs`) and judge
//! (`trip.rs`). Where the breaker stands is one packed word (`state.rs`, with the state diagram); all workers change it by
//! compare and exchange (`shared.rs`), so that a trip happens once and exactly as many probes are admitted as there should
//! be, without a lock and without anybody in charge. Nothing here reads a clock or makes an attempt: the shell's
//! `worker/breaker.rs` asks and reports, `sidecar/breakers.rs` looks at what workers did not see alone.

pub mod merge;
pub mod rules;
pub mod shared;
pub mod state;
pub mod trip;
pub mod window;

pub use rules::Rules;
pub use shared::{Breaker, Permit};
pub use state::{Cause, Force, Move, Phase, State};
pub use window::{Counts, Failure, Report, Trouble};
