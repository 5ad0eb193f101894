//! The blocks of all workers, by what they count for.
//!
//! A listener, route or upstream keeps its blocks over reloads as long as its name stays, an endpoint as long as its
//! upstream and address stay. Whoever leaves takes its blocks along; what they had added to sums without such a label is
//! remembered, so that no counter ever falls. Nothing here counts; workers do. `registry/latency.rs` has the blocks of latencies.

mod histogram_sum;
pub(crate) mod latency;

use std::collections::BTreeMap;
use std::sync::Arc;

use supplex_engine::config::Snapshot;
use supplex_engine::reason::{self, Reason};
use supplex_engine::stats::histogram::OVERHEAD_BOUNDS;
use supplex_engine::stats::{
    AuthBlock, AuthDecision, EndpointBlock, EndpointState, LimitBlock, LimitDecision, LimitSource, ListenerBlock,
    RouteBlock, UpstreamBlock,
};
use supplex_engine::upstream::Breaker;

use crate::clock;
use crate::link::{Blocks, UpstreamBlocks};
pub(crate) use histogram_sum::HistogramSum;
use latency::{Latencies, Made, Pair};

/// The blocks of one identity, by worker.
pub(crate) type PerWorker<B> = Arc<[Arc<B>]>;

/// All blocks but the workers' own.
#[derive(Debug)]
pub(crate) struct Registry {
    workers: usize,
    listeners: BTreeMap<Box<str>, PerWorker<ListenerBlock>>,
    routes: BTreeMap<Box<str>, PerWorker<RouteBlock>>,
    unrouted: PerWorker<RouteBlock>,
    limits: BTreeMap<Box<str>, PerWorker<LimitBlock>>,
    auth: BTreeMap<Box<str>, PerWorker<AuthBlock>>,
    upstreams: BTreeMap<Box<str>, UpstreamEntry>,
    latencies: Latencies,
    retired: Retired,
}

/// The blocks of an upstream and of its endpoints.
#[derive(Debug)]
pub(crate) struct UpstreamEntry {
    /// Of the upstream as a whole.
    pub(crate) own: PerWorker<UpstreamBlock>,
    /// By address.
    pub(crate) endpoints: BTreeMap<Box<str>, PerWorker<EndpointBlock>>,
    /// By address; shared by all workers.
    pub(crate) breakers: BTreeMap<Box<str>, Arc<Breaker>>,
    /// By address: what the sidecar finds out, for all workers.
    pub(crate) states: BTreeMap<Box<str>, Arc<EndpointState>>,
}

/// What blocks that left had added to sums over all of their kind.
#[derive(Debug, Default)]
pub(crate) struct Retired {
    local: BTreeMap<&'static str, u64>,
    /// The overhead's counts by bucket, and its sum.
    pub(crate) overhead: HistogramSum,
}

impl Registry {
    /// An empty registry for this many workers.
    #[must_use]
    pub(crate) fn new(workers: usize) -> Self {
        let overhead = HistogramSum { bounds: OVERHEAD_BOUNDS, counts: vec![0; OVERHEAD_BOUNDS.len() + 1], sum: 0 };
        Self {
            workers,
            listeners: BTreeMap::new(),
            routes: BTreeMap::new(),
            unrouted: fresh(workers),
            limits: BTreeMap::new(),
            auth: BTreeMap::new(),
            upstreams: BTreeMap::new(),
            latencies: Latencies::default(),
            retired: Retired { overhead, ..Retired::default() },
        }
    }

    /// Makes room for what is new in a snapshot and returns each worker's blocks.
    pub(crate) fn assign(&mut self, snapshot: &Snapshot) -> Vec<Blocks> {
        let workers = self.workers;
        for listener in &snapshot.listeners {
            self.listeners.entry(listener.name.clone()).or_insert_with(|| fresh(workers));
        }
        for route in &snapshot.routes {
            self.routes.entry(route.name.clone()).or_insert_with(|| fresh(workers));
        }
        for limit in &snapshot.limits {
            self.limits.entry(limit.name.clone()).or_insert_with(|| fresh(workers));
        }
        for auth in &snapshot.auth {
            self.auth.entry(auth.name.clone()).or_insert_with(|| fresh(workers));
        }
        for upstream in &snapshot.upstreams {
            let entry = || UpstreamEntry {
                own: fresh(workers),
                endpoints: BTreeMap::new(),
                breakers: BTreeMap::new(),
                states: BTreeMap::new(),
            };
            let entry = self.upstreams.entry(upstream.name.clone()).or_insert_with(entry);
            for endpoint in &upstream.endpoints {
                let address: Box<str> = endpoint.address.to_string().into();
                let breaker = || Arc::new(Breaker::new(workers, clock::millis()));
                entry.breakers.entry(address.clone()).or_insert_with(breaker);
                entry.states.entry(address.clone()).or_default();
                entry.endpoints.entry(address).or_insert_with(|| fresh(workers));
            }
        }
        self.latencies.assign(snapshot, workers);
        (0..workers).map(|worker| self.blocks(snapshot, worker)).collect()
    }

    /// One worker's blocks. Every identity of the snapshot has an entry.
    fn blocks(&self, snapshot: &Snapshot, worker: usize) -> Blocks {
        let totals: Vec<_> = snapshot.listeners.iter().map(|listener| &self.listeners[&listener.name]).collect();
        let upstreams = snapshot.upstreams.iter().map(|upstream| {
            let entry = &self.upstreams[&upstream.name];
            let endpoint = |address: String| Arc::clone(&entry.endpoints[&*address][worker]);
            let breaker = |address: String| Arc::clone(&entry.breakers[&*address]);
            let state = |address: String| Arc::clone(&entry.states[&*address]);
            UpstreamBlocks {
                own: Arc::clone(&entry.own[worker]),
                total: Arc::clone(&entry.own),
                endpoints: upstream.endpoints.iter().map(|it| endpoint(it.address.to_string())).collect(),
                breakers: upstream.endpoints.iter().map(|it| breaker(it.address.to_string())).collect(),
                states: upstream.endpoints.iter().map(|it| state(it.address.to_string())).collect(),
            }
        });
        Blocks {
            listeners: totals.iter().map(|blocks| Arc::clone(&blocks[worker])).collect(),
            routes: snapshot.routes.iter().map(|route| Arc::clone(&self.routes[&route.name][worker])).collect(),
            unrouted: Arc::clone(&self.unrouted[worker]),
            latency: self.latencies.blocks(snapshot, worker),
            limits: snapshot.limits.iter().map(|limit| Arc::clone(&self.limits[&limit.name][worker])).collect(),
            auth: snapshot.auth.iter().map(|auth| Arc::clone(&self.auth[&auth.name][worker])).collect(),
            upstreams: upstreams.collect(),
            listener_totals: totals.into_iter().cloned().collect(),
        }
    }

    /// Drops the blocks of whoever is not in `snapshot`. To be called when every worker runs it; what exchanges of an
    /// older one still count then is lost.
    pub(crate) fn retire(&mut self, snapshot: &Snapshot) {
        self.listeners.retain(|name, _| snapshot.listeners.iter().any(|listener| listener.name == *name));
        self.limits.retain(|name, _| snapshot.limits.iter().any(|limit| limit.name == *name));
        self.auth.retain(|name, _| snapshot.auth.iter().any(|auth| auth.name == *name));
        self.latencies.retire(snapshot);
        let retired = &mut self.retired;
        self.routes.retain(|name, blocks| {
            let stays = snapshot.routes.iter().any(|route| route.name == *name);
            if !stays {
                retired.add(blocks);
            }
            stays
        });
        self.upstreams.retain(|name, entry| {
            let Some(upstream) = snapshot.upstreams.iter().find(|upstream| upstream.name == *name) else {
                return false;
            };
            let addresses: Vec<_> = upstream.endpoints.iter().map(|endpoint| endpoint.address.to_string()).collect();
            entry.endpoints.retain(|address, _| addresses.iter().any(|other| **other == **address));
            entry.breakers.retain(|address, _| addresses.iter().any(|other| **other == **address));
            entry.states.retain(|address, _| entry.endpoints.contains_key(address));
            true
        });
    }

    /// Listeners with their blocks, by name.
    pub(crate) fn listeners(&self) -> impl Iterator<Item = (&str, &[Arc<ListenerBlock>])> {
        self.listeners.iter().map(|(name, blocks)| (&**name, &**blocks))
    }

    /// Routes with their blocks, by name.
    pub(crate) fn routes(&self) -> impl Iterator<Item = (&str, &[Arc<RouteBlock>])> {
        self.routes.iter().map(|(name, blocks)| (&**name, &**blocks))
    }

    /// The blocks of one route.
    #[must_use]
    pub(crate) fn route(&self, name: &str) -> &[Arc<RouteBlock>] {
        self.routes.get(name).map_or(&[], |blocks| blocks)
    }

    /// The blocks for requests without a route.
    #[must_use]
    pub(crate) fn unrouted(&self) -> &[Arc<RouteBlock>] {
        &self.unrouted
    }

    /// What latencies are counted for now.
    pub(crate) fn latencies(&self) -> impl Iterator<Item = &Arc<Pair>> {
        self.latencies.pairs()
    }

    /// The blocks of latencies that were made since this was asked last.
    pub(crate) fn take_made_latencies(&mut self) -> Vec<Made> {
        self.latencies.take_made()
    }

    /// The names of limits.
    pub(crate) fn limits(&self) -> impl Iterator<Item = &str> {
        self.limits.keys().map(|name| &**name)
    }

    /// What was decided about one limit, over all workers.
    #[must_use]
    pub(crate) fn limit_decisions(&self, name: &str, decision: LimitDecision, source: LimitSource) -> u64 {
        self.limit(name).iter().map(|block| block.decisions(decision, source).get()).sum()
    }

    /// The blocks of one limit.
    #[must_use]
    pub(crate) fn limit(&self, name: &str) -> &[Arc<LimitBlock>] {
        self.limits.get(name).map_or(&[], |blocks| blocks)
    }

    /// The names of `[auth]` tables.
    pub(crate) fn auth(&self) -> impl Iterator<Item = &str> {
        self.auth.keys().map(|name| &**name)
    }

    /// What was decided about the tokens of one table, over all workers.
    pub(crate) fn auth_decisions(&self, name: &str, decision: AuthDecision) -> u64 {
        self.auth.get(name).iter().flat_map(|blocks| blocks.iter()).map(|block| block.decisions(decision).get()).sum()
    }

    /// Upstreams with their blocks, by name.
    pub(crate) fn upstreams(&self) -> impl Iterator<Item = (&str, &UpstreamEntry)> {
        self.upstreams.iter().map(|(name, entry)| (&**name, entry))
    }

    /// The blocks of one upstream.
    #[must_use]
    pub(crate) fn upstream(&self, name: &str) -> Option<&UpstreamEntry> {
        self.upstreams.get(name)
    }

    /// What the sidecar has found out about an endpoint.
    #[must_use]
    pub(crate) fn state(&self, upstream: &str, address: &str) -> Option<Arc<EndpointState>> {
        self.upstreams.get(upstream)?.states.get(address).cloned()
    }

    /// Every block of a route that is there, those for requests without a route included.
    fn all_routes(&self) -> impl Iterator<Item = &RouteBlock> {
        self.routes.values().chain([&self.unrouted]).flat_map(|blocks| blocks.iter()).map(|block| &**block)
    }

    /// Local replies for `reason` since the start, over everything that is or was there.
    #[must_use]
    pub(crate) fn local_replies(&self, reason: Reason) -> u64 {
        let before = self.retired.local.get(reason.word()).copied().unwrap_or(0);
        self.all_routes().map(|block| block.local(reason).get()).fold(before, u64::wrapping_add)
    }

    /// The gateway's own share since the start, over everything that is or was there.
    #[must_use]
    pub(crate) fn overhead(&self) -> HistogramSum {
        let mut sum = self.retired.overhead.clone();
        for block in self.all_routes() {
            sum.add(&block.overhead);
        }
        sum
    }
}

impl Retired {
    fn add(&mut self, blocks: &[Arc<RouteBlock>]) {
        for block in blocks {
            self.overhead.add(&block.overhead);
            for row in reason::ALL {
                let sum = self.local.entry(row.word).or_default();
                *sum = sum.wrapping_add(block.local(row.reason).get());
            }
        }
    }
}

fn fresh<B: Default>(workers: usize) -> PerWorker<B> {
    (0..workers).map(|_| Arc::default()).collect()
}

#[cfg(test)]
mod tests {
    use supplex_engine::http1::Method;
    use supplex_engine::stats::block::AttemptResult;

    use super::super::sample::snapshot;
    use super::*;

    #[test]
    fn counters_survive_a_reload_that_keeps_their_names() {
        let mut registry = Registry::new(2);
        let first = registry.assign(&snapshot(1, &["a", "b"], &[("up", &["127.0.0.1:1", "127.0.0.1:2"])]));
        first[1].routes[1].responses.increment(Method::Get, 200);
        first[1].upstreams[0].endpoints[1].results(AttemptResult::Success).increment();
        first[0].listeners[0].accepted.increment();

        // In another order, with a newcomer in front and a weight changed elsewhere.
        let next = snapshot(2, &["c", "b"], &[("another", &[]), ("up", &["127.0.0.1:2"])]);
        let second = registry.assign(&next);
        registry.retire(&next);
        assert!(Arc::ptr_eq(&first[1].routes[1], &second[1].routes[1]), "`b` kept its block");
        assert!(Arc::ptr_eq(&first[1].upstreams[0].endpoints[1], &second[1].upstreams[1].endpoints[0]));
        assert_eq!(second[0].listeners[0].accepted.get(), 1);
        assert_eq!(registry.routes().map(|(name, _)| name).collect::<Vec<_>>(), ["b", "c"], "`a` is gone");
        let up = registry.upstream("up").expect("an entry");
        assert_eq!(up.endpoints.keys().map(|address| &**address).collect::<Vec<_>>(), ["127.0.0.1:2"]);
    }

    #[test]
    fn totals_are_the_blocks_of_all_workers() {
        let mut registry = Registry::new(3);
        let blocks = registry.assign(&snapshot(1, &["a"], &[("up", &["127.0.0.1:1"])]));
        assert_eq!(blocks.len(), 3);
        for (worker, own) in blocks.iter().enumerate() {
            assert!(Arc::ptr_eq(&own.listener_totals[0][worker], &own.listeners[0]));
            assert!(Arc::ptr_eq(&own.upstreams[0].total[worker], &own.upstreams[0].own));
        }
        assert!(Arc::ptr_eq(&blocks[0].listener_totals[0], &blocks[2].listener_totals[0]));
        assert!(!Arc::ptr_eq(&blocks[0].unrouted, &blocks[1].unrouted));
    }

    #[test]
    fn sums_over_all_routes_never_fall_when_one_leaves() {
        let mut registry = Registry::new(1);
        let blocks = registry.assign(&snapshot(1, &["a", "b"], &[]));
        for route in &blocks[0].routes {
            route.local(Reason::UpstreamNone).increment();
            route.overhead.observe(30_000);
        }
        blocks[0].unrouted.local(Reason::RouteNone).increment();
        let before = registry.overhead();
        let next = snapshot(2, &["b"], &[]);
        registry.assign(&next);
        registry.retire(&next);
        assert_eq!(registry.local_replies(Reason::UpstreamNone), 2);
        assert_eq!(registry.local_replies(Reason::RouteNone), 1);
        assert_eq!(registry.overhead(), before);
        assert_eq!(before.counts.iter().sum::<u64>(), 2);
    }
}
