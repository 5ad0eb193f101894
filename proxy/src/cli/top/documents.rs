//! The documents of the admin endpoint, as far as they are shown. Fields that are not named here are passed over.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `/api/routes`.
#[derive(Debug, Deserialize)]
pub(super) struct Routes {
    pub(super) generation: u64,
    pub(super) routes: Vec<Route>,
    pub(super) unrouted: Unrouted,
}

/// A route with its count.
#[derive(Debug, Deserialize)]
pub(super) struct Route {
    pub(super) name: String,
    pub(super) requests: Requests,
}

/// What no route matched.
#[derive(Debug, Deserialize)]
pub(super) struct Unrouted {
    pub(super) requests: Requests,
}

/// Requests, also by class of status code.
#[derive(Debug, Deserialize)]
pub(super) struct Requests {
    pub(super) total: u64,
    pub(super) by_class: BTreeMap<String, u64>,
}

/// `/api/upstreams`.
#[derive(Debug, Deserialize)]
pub(super) struct Upstreams {
    pub(super) upstreams: Vec<Upstream>,
}

/// An upstream.
#[derive(Debug, Deserialize)]
pub(super) struct Upstream {
    pub(super) name: String,
    pub(super) in_flight: u64,
    pub(super) waiting: u64,
    pub(super) endpoints: Vec<Endpoint>,
}

/// An endpoint, with what became of attempts at it.
#[derive(Debug, Deserialize)]
pub(super) struct Endpoint {
    pub(super) endpoint: String,
    pub(super) address: String,
    pub(super) in_flight: u64,
    pub(super) pooled: u64,
    pub(super) ejected_by_workers: u64,
    pub(super) health: Option<Health>,
    pub(super) results: BTreeMap<String, u64>,
}

/// What probes say.
#[derive(Debug, Deserialize)]
pub(super) struct Health {
    pub(super) healthy: bool,
}

/// `/api/breakers`.
#[derive(Debug, Deserialize)]
pub(super) struct Breakers {
    pub(super) upstreams: Vec<Guarded>,
}

/// An upstream that has breakers.
#[derive(Debug, Deserialize)]
pub(super) struct Guarded {
    pub(super) upstream: String,
    pub(super) mode: String,
    pub(super) endpoints: Vec<Breaker>,
}

/// The breaker of an endpoint.
#[derive(Debug, Deserialize)]
pub(super) struct Breaker {
    pub(super) endpoint: String,
    pub(super) state: String,
    pub(super) forced: bool,
    pub(super) since_seconds: f64,
    pub(super) cause: Option<String>,
    pub(super) opened: u64,
    pub(super) probes: Option<Probes>,
    pub(super) window: Vec<Counts>,
}

/// When the next probe may come, or how the round stands.
#[derive(Debug, Deserialize)]
pub(super) struct Probes {
    pub(super) next_in_seconds: Option<f64>,
    pub(super) wanted: Option<u64>,
    pub(super) succeeded: Option<u64>,
}

/// A bucket of a breaker's window.
#[derive(Debug, Deserialize)]
pub(super) struct Counts {
    pub(super) successes: u64,
    pub(super) failures: u64,
    pub(super) slow: u64,
}

/// `/api/limits`.
#[derive(Debug, Deserialize)]
pub(super) struct Limits {
    pub(super) limits: Vec<Limit>,
}

/// A limit: its decisions by decision and source.
#[derive(Debug, Deserialize)]
pub(super) struct Limit {
    pub(super) name: String,
    pub(super) rate: String,
    pub(super) mode: String,
    pub(super) decisions: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Limit {
    /// Decisions of one kind over all sources.
    pub(super) fn decided(&self, decision: &str) -> u64 {
        self.decisions.get(decision).map_or(0, |sources| sources.values().sum())
    }
}

/// `/api/workers`.
#[derive(Debug, Deserialize)]
pub(super) struct Workers {
    pub(super) workers: Vec<Worker>,
}

/// A worker.
#[derive(Debug, Deserialize)]
pub(super) struct Worker {
    pub(super) worker: usize,
    pub(super) cpu: usize,
    pub(super) busy_ratio: f64,
    pub(super) connections: u64,
    pub(super) handoffs: u64,
    pub(super) stalls: u64,
    pub(super) panics: u64,
    pub(super) link_drops: u64,
}
