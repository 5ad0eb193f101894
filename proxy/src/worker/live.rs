//! The configuration as this worker runs it: the snapshot with what the worker keeps for it.
//!
//! A new snapshot makes a new [`Live`]; listeners, upstreams and endpoints that keep their identity are carried over with
//! their pools, balancers and counts. Exchanges under way hold the one they began with.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use supplex_engine::config::{self, AuthId, LimitId, RouteId, Snapshot, UpstreamId};
use supplex_engine::stats::{LatencyBlock, LimitBlock, ListenerBlock, RouteBlock};

use super::authenticate::LiveAuth;
use super::upstream::LiveUpstream;
use crate::explain::token::Signer;
use crate::link::{Blocks, KeySet, LatencyBlocks};
use crate::ring::Ring;

/// A snapshot in use.
pub(super) struct Live {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) listeners: Vec<Rc<LiveListener>>,
    /// Listeners that the snapshot before this one still had: connections that another worker accepted for them may be
    /// on their way.
    removed: Vec<Rc<LiveListener>>,
    upstreams: Vec<Rc<LiveUpstream>>,
    routes: Vec<Arc<RouteBlock>>,
    limits: Vec<Arc<LimitBlock>>,
    auths: Vec<Rc<LiveAuth>>,
    unrouted: Arc<RouteBlock>,
    /// Whose wish to have a request explained is heeded; `None`: nobody's.
    pub(super) signer: Option<Signer>,
    latency: LatencyBlocks,
}

/// A listener with its current settings. Its connections keep it.
pub(super) struct LiveListener {
    settings: RefCell<Rc<config::Listener>>,
    pub(super) block: Arc<ListenerBlock>,
    totals: Arc<[Arc<ListenerBlock>]>,
    /// Since when it is no longer in the configuration, on the ring's clock: its connections are to leave.
    pub(super) retired: Cell<Option<u64>>,
}

impl LiveListener {
    /// The settings now; a reload may change them between two exchanges.
    pub(super) fn settings(&self) -> Rc<config::Listener> {
        Rc::clone(&self.settings.borrow())
    }

    /// Connections over all workers.
    pub(super) fn held(&self) -> u64 {
        self.totals.iter().map(|block| block.idle.get() + block.active.get()).sum()
    }

    fn is_same_as(&self, other: &config::Listener) -> bool {
        let own = self.settings.borrow();
        own.name == other.name && own.address == other.address
    }
}

impl Live {
    /// Builds on `former`, which keeps working for the exchanges that hold it.
    pub(super) fn new(ring: &Rc<Ring>, snapshot: Arc<Snapshot>, blocks: Blocks, former: Option<&Live>) -> Self {
        let now = ring.coarse_now();
        let mut totals = blocks.listener_totals.into_iter();
        let listeners = snapshot.listeners.iter().zip(blocks.listeners).map(|(settings, block)| {
            let known = former.and_then(|live| live.listeners.iter().find(|known| known.is_same_as(settings)));
            let totals = totals.next().unwrap_or_default();
            known.inspect(|known| *known.settings.borrow_mut() = Rc::new(settings.clone())).cloned().unwrap_or_else(
                || {
                    let settings = RefCell::new(Rc::new(settings.clone()));
                    Rc::new(LiveListener { settings, block, totals, retired: Cell::new(None) })
                },
            )
        });
        let listeners: Vec<_> = listeners.collect();
        let upstreams = snapshot.upstreams.iter().zip(blocks.upstreams).map(|(settings, blocks)| {
            let known =
                former.and_then(|live| live.upstreams.iter().find(|known| known.settings.name == settings.name));
            Rc::new(LiveUpstream::new(ring, settings, blocks, known.map(|known| &**known), now))
        });
        let upstreams = upstreams.collect();
        let auths = snapshot.auth.iter().zip(blocks.auth).map(|(settings, block)| {
            let known = former.and_then(|live| live.auths.iter().find(|known| known.settings.name == settings.name));
            LiveAuth::new(settings, block, known)
        });
        let auths = auths.collect();
        let former = former.map_or(&[][..], |live| &live.listeners);
        let gone = former.iter().filter(|known| !listeners.iter().any(|kept| Rc::ptr_eq(kept, known)));
        let removed: Vec<_> = gone.inspect(|listener| listener.retired.set(Some(now))).cloned().collect();
        Self {
            listeners,
            removed,
            upstreams,
            routes: blocks.routes,
            limits: blocks.limits,
            auths,
            unrouted: blocks.unrouted,
            signer: Signer::new(&snapshot.gateway, &snapshot.telemetry),
            latency: blocks.latency,
            snapshot,
        }
    }

    /// The listener of this name, even if it has just been removed.
    pub(super) fn listener(&self, name: &str) -> Option<&Rc<LiveListener>> {
        self.listeners.iter().chain(&self.removed).find(|listener| &*listener.settings.borrow().name == name)
    }

    /// The upstream; ids come from the same snapshot.
    pub(super) fn upstream(&self, id: UpstreamId) -> Option<&Rc<LiveUpstream>> {
        self.upstreams.get(id.index())
    }

    pub(super) fn upstreams(&self) -> &[Rc<LiveUpstream>] {
        &self.upstreams
    }

    /// Where a request of this route is counted.
    pub(super) fn route_block(&self, route: Option<RouteId>) -> &RouteBlock {
        route.and_then(|id| self.routes.get(id.index())).unwrap_or(&self.unrouted)
    }

    /// Where it is counted how long an exchange took: by its route and the upstream of its last attempt.
    pub(super) fn latency_block(&self, route: Option<RouteId>, upstream: Option<UpstreamId>) -> &LatencyBlock {
        self.latency.find(route, upstream)
    }

    /// Where decisions of a limit are counted.
    pub(super) fn limit_block(&self, limit: LimitId) -> Option<&LimitBlock> {
        self.limits.get(limit.index()).map(|block| &**block)
    }

    /// An `[auth]` table; ids come from the same snapshot.
    pub(super) fn auth(&self, id: AuthId) -> Option<&LiveAuth> {
        self.auths.get(id.index()).map(|auth| &**auth)
    }

    /// Hands keys to the table that they are for.
    pub(super) fn take_keys(&self, set: &Arc<KeySet>) {
        self.auths.iter().for_each(|auth| auth.take(set));
    }

    /// Settings of a route; ids come from the same snapshot.
    pub(super) fn route(&self, id: RouteId) -> Option<&config::Route> {
        self.snapshot.routes.get(id.index())
    }
}
