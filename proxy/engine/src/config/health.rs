//! How it is found out that an endpoint is not well: by asking it, and by how its traffic fares.

use std::time::Duration;

use super::Ratio;

/// The `[upstreams.NAME.health]` table: active probes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// What a probe does.
    pub probe: Probe,
    /// From the start of one probe to the start of the next. A probe that takes longer delays the next one.
    pub interval: Duration,
    /// How long a probe may take as a whole.
    pub timeout: Duration,
    /// Failed probes in a row that make a healthy endpoint unhealthy, at least 1.
    pub unhealthy_after: u32,
    /// Passed probes in a row that make an unhealthy endpoint healthy, at least 1.
    pub healthy_after: u32,
}

/// What a probe does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It connects, and that is enough.
    Tcp,
    /// It sends a GET and looks at the response.
    Http {
        /// The path to ask for.
        path: Box<str>,
        /// The first and the last status code that are well.
        expect_status: (u16, u16),
        /// What must occur in the body.
        expect_body: Option<Box<str>>,
    },
}

/// The `[upstreams.NAME.ejection]` table: what a worker makes of failures in its own traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ejection {
    /// Failed attempts in a row that eject an endpoint, at least 1.
    pub consecutive_failures: u32,
    /// How long the first ejection lasts; each that follows closely lasts twice as long as the one before.
    pub eject_for: Duration,
    /// The largest share of the endpoints that may be out at once.
    pub max_ejected: Ratio,
}
