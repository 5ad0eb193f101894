//! Where a worker counts how long exchanges take: a block for each pair of route and upstream.
//!
//! By pairs, so that an exchange is counted once, and all the same for its route, its upstream, and both together: which is
//! what somebody wants to know of the arms of a split.

use std::sync::Arc;

use supplex_engine::config::{RouteId, UpstreamId};
use supplex_engine::stats::LatencyBlock;

/// The blocks of one worker.
#[derive(Debug, Default)]
pub(crate) struct LatencyBlocks {
    /// By `RouteId`.
    pub(crate) routes: Vec<RouteLatency>,
    /// For requests without a route.
    pub(crate) unrouted: Arc<LatencyBlock>,
}

/// The blocks of one worker for one route.
#[derive(Debug)]
pub(crate) struct RouteLatency {
    /// For exchanges without an attempt at any upstream.
    pub(crate) alone: Arc<LatencyBlock>,
    /// For the others, by the upstream of the last attempt: every upstream that the route can lead to.
    pub(crate) upstreams: Vec<(UpstreamId, Arc<LatencyBlock>)>,
}

impl LatencyBlocks {
    /// Where an exchange is counted that took this route and made its last attempt at this upstream.
    pub(crate) fn find(&self, route: Option<RouteId>, upstream: Option<UpstreamId>) -> &LatencyBlock {
        let Some(route) = route.and_then(|id| self.routes.get(id.index())) else { return &self.unrouted };
        let Some(upstream) = upstream else { return &route.alone };
        let known = route.upstreams.iter().find(|(id, _)| *id == upstream);
        known.map_or(&*route.alone, |(_, block)| &**block)
    }
}
