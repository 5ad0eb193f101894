//! What the sidecar finds out about an endpoint and every worker must know.
//!
//! The other way round than a block: the sidecar is the one writer, all workers read. They look once a tick, not at every
//! request.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// What is known about one endpoint. Healthy at first.
#[derive(Debug, Default)]
pub struct EndpointState {
    unhealthy: AtomicBool,
}

impl EndpointState {
    /// Whether the endpoint is healthy, as far as probes say.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        !self.unhealthy.load(Relaxed)
    }

    /// Notes what probes say.
    pub fn set_healthy(&self, healthy: bool) {
        self.unhealthy.store(!healthy, Relaxed);
    }
}
