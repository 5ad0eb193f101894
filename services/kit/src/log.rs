//! JSON logs on standard error, one object a line.
//!
//! Lines written while a request is handled carry its `request_id`, `traceparent`, method and path in `span`. Nothing
//! here logs bodies, query strings or header values other than those two.

use tracing_subscriber::EnvFilter;

/// Starts the log. `LOG` filters it (`info`, `svc_products=debug,warn`); it is `info` when not set or not readable.
/// Calling it twice leaves the first in place.
pub fn start() {
    let filter = std::env::var("LOG").ok().and_then(|text| EnvFilter::try_new(text).ok());
    let started = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter.unwrap_or_else(|| EnvFilter::new("info")))
        .with_writer(std::io::stderr)
        .try_init();
    if started.is_err() {
        tracing::debug!("the log was already started");
    }
}
