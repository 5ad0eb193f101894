//! The blocks that latencies are counted in, by pair of route and upstream.
//!
//! A pair keeps its blocks over reloads as long as both of its names stay and the route can lead to the upstream. Whoever
//! reads the blocks is told of each when it is made, and holds on to it until nobody can count in it any more: what exchanges
//! of a former configuration still count is not lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use supplex_engine::config::{Destination, Fallback, Route, Snapshot, UpstreamId};
use supplex_engine::stats::LatencyBlock;

use super::PerWorker;
use crate::link::{LatencyBlocks, RouteLatency};
use crate::sidecar::metrics::UNROUTED;

/// What latencies are counted for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    /// The route, or `-` for requests without one.
    pub(crate) route: Box<str>,
    /// The upstream of the last attempt; `None` for exchanges without any.
    pub(crate) upstream: Option<Box<str>>,
}

/// A block that was made.
#[derive(Debug)]
pub(crate) struct Made {
    /// What is counted in it.
    pub(crate) pair: Arc<Pair>,
    /// By which worker.
    pub(crate) worker: usize,
    /// The block.
    pub(crate) block: Arc<LatencyBlock>,
}

/// All blocks of the configuration in force.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    pairs: BTreeMap<Arc<Pair>, PerWorker<LatencyBlock>>,
    /// Those that the reader was not told of yet.
    made: Vec<Made>,
}

impl Latencies {
    /// Makes room for what is new in a snapshot.
    pub(super) fn assign(&mut self, snapshot: &Snapshot, workers: usize) {
        for pair in pairs(snapshot) {
            if self.pairs.contains_key(&pair) {
                continue;
            }
            let (pair, blocks): (_, PerWorker<LatencyBlock>) = (Arc::new(pair), super::fresh(workers));
            let made = blocks.iter().enumerate();
            let made = made.map(|(worker, block)| Made { pair: Arc::clone(&pair), worker, block: Arc::clone(block) });
            self.made.extend(made);
            self.pairs.insert(pair, blocks);
        }
    }

    /// One worker's blocks. Every pair of the snapshot has an entry.
    pub(super) fn blocks(&self, snapshot: &Snapshot, worker: usize) -> LatencyBlocks {
        let block = |route: &str, upstream: Option<UpstreamId>| {
            Arc::clone(&self.pairs[&pair(snapshot, route, upstream)][worker])
        };
        let route = |route: &Route| RouteLatency {
            alone: block(&route.name, None),
            upstreams: targets(route).into_iter().map(|id| (id, block(&route.name, Some(id)))).collect(),
        };
        LatencyBlocks { routes: snapshot.routes.iter().map(route).collect(), unrouted: block(UNROUTED, None) }
    }

    /// Forgets the pairs that are not in `snapshot`.
    pub(super) fn retire(&mut self, snapshot: &Snapshot) {
        let stay: BTreeSet<_> = pairs(snapshot).collect();
        self.pairs.retain(|pair, _| stay.contains(&**pair));
    }

    /// The blocks that were made since somebody asked.
    pub(super) fn take_made(&mut self) -> Vec<Made> {
        std::mem::take(&mut self.made)
    }

    /// The pairs there are.
    pub(super) fn pairs(&self) -> impl Iterator<Item = &Arc<Pair>> {
        self.pairs.keys()
    }
}

fn pair(snapshot: &Snapshot, route: &str, upstream: Option<UpstreamId>) -> Pair {
    let upstream = upstream.and_then(|id| snapshot.upstreams.get(id.index()));
    Pair { route: route.into(), upstream: upstream.map(|upstream| upstream.name.clone()) }
}

/// Every pair of a snapshot.
fn pairs(snapshot: &Snapshot) -> impl Iterator<Item = Pair> {
    let of_route = move |route| {
        let upstreams = targets(route).into_iter().map(Some).chain([None]);
        upstreams.map(move |upstream| pair(snapshot, &route.name, upstream))
    };
    snapshot.routes.iter().flat_map(of_route).chain([pair(snapshot, UNROUTED, None)])
}

/// Every upstream that a route can lead to, each once.
fn targets(route: &Route) -> Vec<UpstreamId> {
    let mut targets: Vec<_> = match &route.destination {
        Destination::Upstream(id) => vec![*id],
        Destination::Split(split) => split.arms().iter().map(|(id, _)| *id).collect(),
    };
    if let Some(Fallback::Upstream(id)) = &route.fallback {
        targets.push(*id);
    }
    targets.sort_unstable();
    targets.dedup();
    targets
}

#[cfg(test)]
mod tests {
    use super::super::super::sample::snapshot;
    use super::*;

    fn names(latencies: &Latencies) -> Vec<(&str, Option<&str>)> {
        latencies.pairs().map(|pair| (&*pair.route, pair.upstream.as_deref())).collect()
    }

    #[test]
    fn a_pair_keeps_its_blocks_as_long_as_both_names_stay() {
        let mut latencies = Latencies::default();
        let first = snapshot(1, &["a", "b"], &[("up", &[]), ("zero", &[])]);
        latencies.assign(&first, 2);
        assert_eq!(names(&latencies), [("-", None), ("a", None), ("a", Some("up")), ("b", None), ("b", Some("up"))]);
        assert_eq!(latencies.take_made().len(), 10, "each of two workers has its own");
        let before = latencies.blocks(&first, 1);

        // Another order, a newcomer, and nobody called `a`.
        let next = snapshot(2, &["c", "b"], &[("up", &[])]);
        latencies.assign(&next, 2);
        latencies.retire(&next);
        assert_eq!(names(&latencies), [("-", None), ("b", None), ("b", Some("up")), ("c", None), ("c", Some("up"))]);
        assert_eq!(latencies.take_made().len(), 4, "only what is new");
        let after = latencies.blocks(&next, 1);
        assert!(Arc::ptr_eq(&before.routes[1].upstreams[0].1, &after.routes[1].upstreams[0].1));
        assert!(Arc::ptr_eq(&before.unrouted, &after.unrouted));
        assert!(std::ptr::eq(after.find(None, None), &*after.unrouted));

        // The upstream has another name now.
        let last = snapshot(3, &["b"], &[("down", &[])]);
        latencies.assign(&last, 2);
        latencies.retire(&last);
        assert_eq!(names(&latencies), [("-", None), ("b", None), ("b", Some("down"))]);
    }
}
