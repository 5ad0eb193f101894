//! Which endpoints of an upstream this worker uses, by probes, by ejection and by how long ago they returned.
//!
//! What the sidecar's probes say is looked at once a tick and kept in cells, so that choosing an endpoint reads nothing
//! that others write. Ejection is this worker's own: it goes by the attempts that it makes itself. What counts is decided
//! by the engine's `upstream/health.rs`, `outlier.rs` and `slow_start.rs`.

use std::cell::Cell;
use std::sync::Arc;

use supplex_engine::config::Balance;
use supplex_engine::stats::EndpointState;
use supplex_engine::upstream::health::panics;
use supplex_engine::upstream::outlier::{Outlier, has_room};
use supplex_engine::upstream::{Draw, slow_start};

use super::connection::nanos;
use super::upstream::{LiveEndpoint, LiveUpstream};

/// What a worker knows about the fitness of one endpoint.
pub(super) struct Fitness {
    /// Written by the sidecar.
    state: Arc<EndpointState>,
    /// What it said at the last tick.
    healthy: Cell<bool>,
    outlier: Cell<Outlier>,
    /// The part of its usual share that it gets, and since when it is on its way to all of it.
    part: Cell<f64>,
    returned: Cell<Option<u64>>,
    /// The hash of its address.
    identity: u64,
}

impl Fitness {
    /// Of an endpoint that was there from the start, or is added to others now.
    pub(super) fn new(state: Arc<EndpointState>, identity: u64, added: Option<u64>) -> Self {
        Self {
            healthy: Cell::new(state.is_healthy()),
            state,
            outlier: Cell::default(),
            part: Cell::new(1.0),
            returned: Cell::new(added),
            identity,
        }
    }

    /// Neither unhealthy nor ejected.
    fn is_fit(&self) -> bool {
        self.healthy.get() && !self.outlier.get().is_ejected()
    }

    /// Takes up what has changed since the last tick.
    fn refresh(&self, upstream: &LiveUpstream, now: u64) {
        let settings = &upstream.settings;
        let was_fit = self.is_fit();
        self.healthy.set(settings.health.is_none() || self.state.is_healthy());
        let mut outlier = if settings.ejection.is_some() { self.outlier.get() } else { Outlier::default() };
        outlier.tick(now);
        self.outlier.set(outlier);
        if !was_fit && self.is_fit() {
            self.returned.set(Some(now));
        }
        let ramp = settings.slow_start.map_or(0, nanos);
        let part = self.returned.get().map_or(1.0, |at| slow_start::part(now.saturating_sub(at), ramp));
        self.part.set(part);
        if part >= 1.0 {
            self.returned.set(None);
        }
    }
}

impl LiveUpstream {
    /// Whether anything about its endpoints changes with time.
    pub(super) fn is_watched(&self) -> bool {
        let settings = &self.settings;
        settings.health.is_some() || settings.ejection.is_some() || settings.slow_start.is_some()
    }

    /// Takes up what has changed since the last tick: what probes say, ejections that are over, shares that grow.
    pub(super) fn refresh(&self, now: u64) {
        let mut fit = 0;
        for endpoint in &self.endpoints {
            endpoint.fitness.refresh(self, now);
            endpoint.block.ejected.set(endpoint.fitness.outlier.get().is_ejected().into());
            fit += usize::from(endpoint.fitness.is_fit());
        }
        let panicking = panics(fit, self.endpoints.len(), self.settings.panic_threshold);
        self.panicking.set(panicking);
        self.block.panicking.set(panicking.into());
    }

    /// Whether an endpoint may be used, by health and ejection.
    pub(super) fn is_usable(&self, index: usize) -> bool {
        self.panicking.get() || self.endpoints.get(index).is_some_and(|endpoint| endpoint.fitness.is_fit())
    }

    /// Whether an endpoint takes part in this choice: always, unless its share is still growing.
    pub(super) fn takes_part(&self, index: usize, draw: Draw) -> bool {
        let Some(LiveEndpoint { fitness, .. }) = self.endpoints.get(index).map(|endpoint| &**endpoint) else {
            return false;
        };
        let part = fitness.part.get();
        // By the key if there is one, so that keys move to the endpoint one by one and then stay.
        let chance = if self.settings.balance == Balance::ConsistentHash { draw.hash } else { draw.random };
        part >= 1.0 || slow_start::takes_part(part, chance, fitness.identity)
    }

    /// An attempt at an endpoint ended well or not: ejects it if that was too often.
    pub(super) fn judge(&self, endpoint: &LiveEndpoint, failed: bool, now: u64) {
        let Some(rules) = &self.settings.ejection else { return };
        let ejected = self.endpoints.iter().filter(|one| one.fitness.outlier.get().is_ejected()).count();
        let mut outlier = endpoint.fitness.outlier.get();
        let has_room = has_room(ejected, self.endpoints.len(), rules.max_ejected);
        let ejects = outlier.attempted(failed, now, rules, has_room);
        endpoint.fitness.outlier.set(outlier);
        if ejects {
            endpoint.block.ejections.increment();
            self.refresh(now);
        }
    }
}
