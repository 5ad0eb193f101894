//! Distributed traces: which trace a request belongs to, whether it is sampled, and what is noted of it.
//!
//! Ids come from random numbers that are arguments; nothing here knows where spans go. `context.rs` reads and writes
//! `traceparent`, `state.rs` judges `tracestate`, `sampler.rs` decides what is recorded, `span.rs` holds what an exchange
//! remembers for its spans. The shell's `worker/trace.rs` ties them to a request, its `sidecar/otlp.rs` exports them.

pub mod context;
mod hex;
pub mod sampler;
pub mod span;
pub mod state;

pub use context::{Flags, SpanId, TraceId, TraceParent};
pub use sampler::{Kept, Sampler};
pub use span::{Attempt, Event, Happening, Trail};
