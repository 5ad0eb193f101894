//! The rules of `[upstreams]`, and whether routes make use of them.

use std::time::Duration;

use supplex_engine::config::{Balance, Destination, Fallback, Route, Upstream, UpstreamId};

use super::{adaptive, breakers, health, load};
use crate::config::blueprint::{PlannedEndpoint, UpstreamPlan};
use crate::config::decode::{At, List, refuse_repeats};
use crate::config::problem::Problems;
use crate::config::raw;
use crate::config::scalar::Name;

/// The upstreams of the file, sorted by name: an upstream's position is its id.
pub(super) struct Upstreams(Vec<Checked>);

struct Checked {
    name: At<Name>,
    /// `None` when its table has problems; routes may refer to it all the same.
    plan: Option<UpstreamPlan>,
    /// Where `attempt_timeout` stands, if it does.
    attempt_timeout: Option<At<Duration>>,
}

impl Upstreams {
    /// The upstream of this name.
    pub(super) fn find(&self, name: &Name) -> Option<UpstreamId> {
        let index = self.0.binary_search_by(|upstream| upstream.name.value.cmp(name)).ok()?;
        u16::try_from(index).ok().map(UpstreamId)
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.0.iter().map(|upstream| &*upstream.name.value.0).collect()
    }

    pub(super) fn into_plans(self) -> Vec<UpstreamPlan> {
        self.0.into_iter().filter_map(|upstream| upstream.plan).collect()
    }
}

pub(super) fn check(raw: Vec<(At<Name>, Option<At<raw::Upstream>>)>, problems: &mut Problems) -> Upstreams {
    if raw.len() > usize::from(u16::MAX) {
        problems.file("there are more than 65535 upstreams".into(), None);
    }
    let mut checked: Vec<Checked> =
        raw.into_iter().map(|(name, upstream)| check_one(name, upstream, problems)).collect();
    checked.sort_by(|one, other| one.name.value.cmp(&other.name.value));
    Upstreams(checked)
}

fn check_one(name: At<Name>, raw: Option<At<raw::Upstream>>, problems: &mut Problems) -> Checked {
    let Some(At { value: raw, .. }) = raw else { return Checked { name, plan: None, attempt_timeout: None } };
    let connect = raw.connect_timeout.as_ref();
    let attempt = raw.attempt_timeout.as_ref();
    if let (Some(connect), Some(attempt)) = (connect, attempt)
        && connect.value > attempt.value
        && connect.written
    {
        problems.warn(
            connect.span.clone(),
            "`connect_timeout` is longer than `attempt_timeout`, which covers connecting as well".into(),
            "make it shorter, or `attempt_timeout` longer",
        );
    }
    let written = attempt.filter(|attempt| attempt.written);
    let attempt_timeout = written.map(|at| At { value: at.value.0, span: at.span.clone(), written: true });
    check_hash_key(&raw, problems);
    let plan = plan(&name.value, raw, problems);
    Checked { name, plan, attempt_timeout }
}

fn check_hash_key(raw: &raw::Upstream, problems: &mut Problems) {
    if let (Some(key), Some(balance)) = (&raw.hash_key, &raw.balance)
        && key.written
        && balance.value != Balance::ConsistentHash
    {
        let message = "`hash_key` has no effect on this balancer".into();
        problems.warn(key.span.clone(), message, "set `balance = \"consistent_hash\"`, or remove the key");
    }
}

fn plan(name: &Name, raw: raw::Upstream, problems: &mut Problems) -> Option<UpstreamPlan> {
    let wanted = raw.breaker.is_some();
    let breaker = raw.breaker.and_then(|at| breakers::check(at.value, raw.attempt_timeout.as_ref(), problems));
    let adaptive = raw.adaptive.map(|adaptive| adaptive::check(adaptive, raw.max_in_flight.as_ref(), problems));
    let List(endpoints) = raw.endpoints?.value;
    let addresses = endpoints.iter().filter_map(|endpoint| endpoint.value.address.as_ref());
    refuse_repeats(
        addresses.map(|address| (&address.value, &address.span)),
        "this endpoint stands in the list already; give it a larger `weight` for a larger share",
        problems,
    );
    let endpoints = endpoints.into_iter().filter_map(|At { value: endpoint, .. }| {
        let weight = endpoint.weight.map_or(1, |weight| weight.value.0);
        Some(PlannedEndpoint { target: endpoint.address?.value, weight })
    });
    let queue = load::queue(raw.queue, problems);
    Some(UpstreamPlan {
        endpoints: endpoints.collect(),
        settings: Upstream {
            name: name.0.clone(),
            endpoints: Vec::new(),
            balance: raw.balance?.value,
            hash_key: raw.hash_key?.value,
            connect_timeout: raw.connect_timeout?.value.0,
            attempt_timeout: raw.attempt_timeout?.value.0,
            idle_per_worker: raw.idle_per_worker?.value.size(),
            idle_timeout: raw.idle_timeout?.value.0,
            max_in_flight: raw.max_in_flight?.value.size(),
            adaptive: adaptive.flatten(),
            // A table that was refused is no reason to go without a breaker; the problems say why there is no plan.
            breaker: if wanted { Some(breaker?) } else { None },
            queue: queue?,
            retry_budget: load::retry_budget(raw.retry_budget)?,
            health: raw.health.and_then(|health| health::check(health, problems)),
            ejection: raw.ejection.and_then(|ejection| health::check_ejection(ejection.value)),
            panic_threshold: raw.panic_threshold?.value.0,
            slow_start: raw.slow_start.map(|slow_start| slow_start.value.0),
        },
    })
}

/// Warns of upstreams that no route leads to, and of attempts that may last longer than every exchange.
pub(super) fn check_use(upstreams: &Upstreams, routes: &[Route], problems: &mut Problems) {
    // Routes that did not come this far may use what seems unused.
    if !problems.passes() {
        return;
    }
    for (index, upstream) in upstreams.0.iter().enumerate() {
        let users = routes.iter().filter(|route| leads_to(route, index));
        let Some(longest) = users.map(|route| route.timeout).max() else {
            let message = format!("no route leads to the upstream `{}`", upstream.name.value.0);
            problems.warn(upstream.name.span.clone(), message, "remove it, or name it in a route");
            continue;
        };
        if let Some(attempt) = upstream.attempt_timeout.as_ref().filter(|attempt| attempt.value > longest) {
            problems.warn(
                attempt.span.clone(),
                "`attempt_timeout` is longer than the timeout of every route that leads here, so it never ends an attempt"
                    .into(),
                "make it shorter, or the `timeout` of the route longer",
            );
        }
    }
}

fn leads_to(route: &Route, upstream: usize) -> bool {
    if matches!(&route.fallback, Some(Fallback::Upstream(id)) if id.index() == upstream) {
        return true;
    }
    match &route.destination {
        Destination::Upstream(id) => id.index() == upstream,
        Destination::Split(split) => split.arms().iter().any(|(id, _)| id.index() == upstream),
    }
}
