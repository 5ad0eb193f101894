//! Which endpoints of an upstream this worker uses, by probes, by ejection and by how long ago they returned.
//!
//! What the sidecar's probes say is looked at once a tick and kept in a cell, so that choosing an endpoint reads nothing
//! that others write. Ejection is this worker's own: it goes by the attempts that it makes itself. What counts is decided
//! by the engine's `upstream/fitness.rs`; this module reads, shows and counts.

use std::cell::Cell;
use std::sync::Arc;

use supplex_engine::stats::EndpointState;
use supplex_engine::upstream::health::panics;
use supplex_engine::upstream::{Draw, Fitness};

use super::upstream::{LiveEndpoint, LiveUpstream};

/// How an endpoint is, as far as this worker knows.
pub(super) struct Health {
    /// Written by the sidecar.
    state: Arc<EndpointState>,
    fitness: Cell<Fitness>,
}

impl Health {
    /// Of an endpoint that was there from the start, or is added to others now.
    pub(super) fn new(state: Arc<EndpointState>, identity: u64, added: Option<u64>) -> Self {
        Self { fitness: Cell::new(Fitness::new(state.is_healthy(), identity, added)), state }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Fitness) -> T) -> T {
        let mut fitness = self.fitness.get();
        let changed = change(&mut fitness);
        self.fitness.set(fitness);
        changed
    }
}

impl LiveUpstream {
    /// Whether anything about its endpoints changes with time.
    pub(super) fn is_watched(&self) -> bool {
        Fitness::is_watched(&self.settings)
    }

    /// Takes up what has changed since the last tick: what probes say, ejections that are over, shares that grow.
    pub(super) fn refresh(&self, now: u64) {
        for LiveEndpoint { health, block, .. } in self.endpoints.iter().map(|endpoint| &**endpoint) {
            health.change(|fitness| fitness.refresh(&self.settings, health.state.is_healthy(), now));
            block.ejected.set(health.fitness.get().is_ejected().into());
        }
        self.look_for_panic();
    }

    /// Looks whether too few endpoints are fit, and returns whether that has just become so. To be asked before an attempt
    /// fails for want of an endpoint: an exchange may still go by a configuration that has been replaced, whose upstream is
    /// no longer refreshed although the endpoints that it shares with the new one are ejected.
    pub(super) fn look_for_panic(&self) -> bool {
        let fit = self.endpoints.iter().filter(|endpoint| endpoint.health.fitness.get().is_fit()).count();
        let panicking = panics(fit, self.endpoints.len(), self.settings.panic_threshold);
        self.block.panicking.set(panicking.into());
        !self.panicking.replace(panicking) && panicking
    }

    /// Whether an endpoint may be used, by health and ejection.
    pub(super) fn is_usable(&self, index: usize) -> bool {
        self.panicking.get() || self.endpoints.get(index).is_some_and(|endpoint| endpoint.health.fitness.get().is_fit())
    }

    /// Whether an endpoint takes part in this choice: always, unless its share is still growing.
    pub(super) fn takes_part(&self, index: usize, draw: Draw) -> bool {
        let takes_part = |fitness: Fitness| fitness.takes_part(self.settings.balance, draw);
        self.endpoints.get(index).is_some_and(|endpoint| takes_part(endpoint.health.fitness.get()))
    }

    /// An attempt at an endpoint ended well or not: ejects it if that was too often.
    pub(super) fn judge(&self, endpoint: &LiveEndpoint, failed: bool, now: u64) {
        let Some(rules) = &self.settings.ejection else { return };
        let ejected = self.endpoints.iter().filter(|one| one.health.fitness.get().is_ejected()).count();
        let total = self.endpoints.len();
        if endpoint.health.change(|fitness| fitness.attempted(failed, rules, ejected, total, now)) {
            endpoint.block.ejections.increment();
            self.refresh(now);
        }
    }
}
