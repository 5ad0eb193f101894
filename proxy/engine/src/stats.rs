//! What a worker counts: blocks of numbers with one writer each.
//!
//! Every worker owns a block per listener, route, limit, `[auth]` table, upstream and endpoint and is the only one to write to it; the sidecar
//! reads them all when it is asked for metrics and adds them up. A write is a plain load and store, so counting costs no
//! locked instruction; a read never stalls the writer. `names.rs` holds every metric name.

pub mod auth;
pub mod block;
pub mod concurrency;
pub mod counter;
pub mod endpoint_state;
pub mod histogram;
pub mod latency;
pub mod limit;
pub mod names;

pub use auth::{AuthBlock, AuthDecision};
pub use block::{EndpointBlock, ListenerBlock, RouteBlock, UpstreamBlock, WorkerBlock};
pub use concurrency::ConcurrencyBlock;
pub use counter::{Counter, Gauge};
pub use endpoint_state::EndpointState;
pub use histogram::Histogram;
pub use latency::LatencyBlock;
pub use limit::{LimitBlock, LimitDecision, LimitSource};
