//! What the marketplace's services share, and only that.
//!
//! A service is a [`clap`] command line that flattens [`Settings`], a router, a pool of database connections and
//! migrations. The kit turns these into a process: JSON logs, metrics, migrations before the first request, probes, problem
//! documents for whatever goes wrong, a description of the API, who is asking, work that happens once, spans of traces, and
//! an orderly stop. It knows nothing of products, orders or payments, of users only what their tokens say, and nothing of the
//! gateway. Where to read on: `serve.rs` for how the parts come together.

#[cfg(feature = "contract")]
pub mod contract;
pub mod database;
pub mod faults;
pub mod idempotency;
pub mod identity;
pub mod listen;
pub mod log;
pub mod metrics;
pub mod openapi;
pub mod probes;
pub mod problem;
pub mod secret;
pub mod seed;
pub mod serve;
pub mod service_token;
pub mod settings;
pub mod traces;

mod connection;
mod requests;

pub use metrics::Metrics;
pub use problem::{FieldError, Problem};
pub use requests::traceparent;
pub use serve::{Service, StartError, serve};
pub use settings::Settings;
