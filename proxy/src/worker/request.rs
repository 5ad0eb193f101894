//! What an exchange knows of its request once the head has been rewritten for the upstream.

use std::rc::Rc;

use supplex_engine::config::{RouteId, UpstreamId};
use supplex_engine::http1::{Framing, Method, Version};
use supplex_engine::limit::{Limited, Told};

use super::explained::Explained;
use super::live::Live;
use super::trace::Trace;

/// The facts of a request.
pub(super) struct Request {
    /// The configuration the exchange began with and keeps.
    pub(super) live: Rc<Live>,
    pub(super) route: Option<RouteId>,
    /// The upstream it was routed to.
    pub(super) upstream: Option<UpstreamId>,
    /// What the upstream's `hash_key` is in this request; 0 when no one asks.
    pub(super) hash: u64,
    /// The same for the upstream of the route's fallback.
    pub(super) fallback_hash: u64,
    pub(super) method: Method,
    pub(super) version: Version,
    pub(super) framing: Framing,
    /// Whether the client wants to keep its connection.
    pub(super) keep_alive: bool,
    /// Whether the client asked to switch protocols.
    pub(super) upgrade: bool,
    /// Whether the upstream is that of the route's fallback.
    pub(super) fell_back: bool,
    /// When its first byte arrived, on the ring's clock.
    pub(super) started: u64,
    /// What the client is told about its limits.
    pub(super) told: Told,
    /// What the client is told about the exchange itself; `None` when it did not ask or may not.
    pub(super) explained: Option<Box<Explained>>,
    /// Its place in its trace.
    pub(super) trace: Trace,
}

impl Request {
    /// What the client is told about its limits, if there is anything.
    pub(super) fn limited(&self) -> Option<Limited<'_>> {
        (!self.told.is_empty()).then(|| Limited { told: &self.told, limits: &self.live.snapshot.limits })
    }
}
