//! What is recorded of requests as traces, and where it goes.

use std::time::Duration;

use crate::trace::Sampler;

/// The part of `[telemetry]` that is about traces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traces {
    /// Where spans go; `None`: nowhere. Requests carry their traces on all the same.
    pub collector: Option<Collector>,
    /// Which of the traces that begin here are sampled.
    pub sampler: Sampler,
    /// An exchange that took at least this long is kept although it was not sampled.
    pub slow_after: Duration,
}

impl Default for Traces {
    /// Nothing is sampled, and nothing exported.
    fn default() -> Self {
        Self { collector: None, sampler: Sampler::new(None), slow_after: Duration::from_secs(1) }
    }
}

/// Who takes spans, by OTLP over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collector {
    /// The host as it stands in `Host`, with the port if one was written.
    pub authority: Box<str>,
    /// What to connect to: a name or an address without brackets.
    pub host: Box<str>,
    /// The port.
    pub port: u16,
    /// The path that spans are posted to.
    pub target: Box<str>,
}

impl Collector {
    /// The whole URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}{}", self.authority, self.target)
    }
}
