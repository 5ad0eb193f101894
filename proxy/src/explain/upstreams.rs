//! Where the request may go: the arms of the route, and the endpoints of each upstream.

use supplex_engine::config::{self, Balance, Destination, Fallback, Route, UpstreamId, words};
use supplex_engine::upstream::hash_key::hash_of;
use supplex_engine::upstream::{Balancer, Draw, Member};

use super::Context;
use super::model::{Arm, Endpoint, Named, Upstream};
use crate::config::blueprint::PlannedEndpoint;

/// The upstreams of the route with their shares.
pub(super) fn arms(cx: &Context<'_>, route: &Route, key: &str) -> Vec<Arm> {
    let name = |id: UpstreamId| cx.snapshot.upstreams.get(id.index()).map_or(String::new(), |it| it.name.to_string());
    match &route.destination {
        Destination::Upstream(id) => {
            vec![Arm { upstream: name(*id), share: 1.0, at: cx.places().of(&format!("{key}.upstream")) }]
        }
        Destination::Split(split) => {
            let total: f64 = split.arms().iter().map(|(_, weight)| f64::from(*weight)).sum();
            let each = split.arms().iter().enumerate().map(|(position, (id, weight))| Arm {
                upstream: name(*id),
                share: f64::from(*weight) / total,
                at: cx.places().of(&format!("{key}.split.{position}")),
            });
            each.collect()
        }
    }
}

/// Every upstream that may get the request, that of the fallback last.
pub(super) fn considered(cx: &Context<'_>, route: &Route) -> Vec<Upstream> {
    let mut ids: Vec<(UpstreamId, bool)> = match &route.destination {
        Destination::Upstream(id) => vec![(*id, false)],
        Destination::Split(split) => {
            split.arms().iter().filter(|(_, weight)| *weight > 0).map(|(id, _)| (*id, false)).collect()
        }
    };
    if let Some(Fallback::Upstream(id)) = &route.fallback {
        ids.push((*id, true));
    }
    ids.into_iter().filter_map(|(id, is_fallback)| one(cx, id, is_fallback)).collect()
}

fn one(cx: &Context<'_>, id: UpstreamId, is_fallback: bool) -> Option<Upstream> {
    let upstream = cx.snapshot.upstreams.get(id.index())?;
    let planned = &cx.blueprint.upstreams.get(id.index())?.endpoints;
    let table = format!("upstreams.{}", upstream.name);
    let hashes = upstream.balance == Balance::ConsistentHash;
    let endpoints: Vec<Endpoint> =
        planned.iter().enumerate().flat_map(|(at, planned)| endpoints(cx, upstream, planned, &table, at)).collect();
    // Where some addresses are not known, nobody can say which has the highest score.
    let known = hashes && endpoints.iter().all(|endpoint| endpoint.address.is_some());
    Some(Upstream {
        name: upstream.name.to_string(),
        is_fallback,
        balance: cx.setting(words::balance(upstream.balance), &format!("{table}.balance")),
        hash_key: hashes.then(|| cx.setting(words::hash_key(&upstream.hash_key), &format!("{table}.hash_key"))),
        leads_to: known.then(|| leads_to(cx, upstream)).flatten(),
        timeouts: named(
            cx,
            &table,
            [
                ("attempt_timeout", words::duration(upstream.attempt_timeout)),
                ("connect_timeout", words::duration(upstream.connect_timeout)),
            ],
        ),
        bounds: bounds(cx, upstream, &table),
        endpoints,
        at: cx.places().of(&table),
        live: None,
    })
}

/// The addresses that one endpoint of the file stands for now.
fn endpoints(
    cx: &Context<'_>,
    upstream: &config::Upstream,
    planned: &PlannedEndpoint,
    table: &str,
    position: usize,
) -> Vec<Endpoint> {
    let written = planned.target.to_string();
    let at = cx.places().of(&format!("{table}.endpoints.{position}"));
    let endpoint = |address: Option<String>| Endpoint {
        endpoint: written.clone(),
        address,
        weight: planned.weight,
        at: at.clone(),
        live: None,
    };
    let found = upstream.endpoints.iter().filter(|endpoint| *endpoint.written == *written);
    let resolved: Vec<_> = found.map(|found| endpoint(Some(found.address.to_string()))).collect();
    if resolved.is_empty() { vec![endpoint(None)] } else { resolved }
}

/// Where the request's key leads to when all are well.
fn leads_to(cx: &Context<'_>, upstream: &config::Upstream) -> Option<String> {
    let member = |endpoint: &config::Endpoint| Member::of(&endpoint.address.to_string(), endpoint.weight);
    let members: Vec<Member> = upstream.endpoints.iter().map(member).collect();
    let hash = hash_of(&upstream.hash_key, cx.head, cx.bytes, cx.client);
    let draw = Draw { hash, ..Draw::default() };
    let picked = Balancer::new(upstream.balance, &members).pick(|_| 0, draw, |_| true)?;
    Some(upstream.endpoints.get(picked)?.address.to_string())
}

/// What bounds the traffic of the upstream, and what leaves endpoints out.
fn bounds(cx: &Context<'_>, upstream: &config::Upstream, table: &str) -> Vec<Named> {
    let queue = match upstream.queue.max {
        0 => "none".to_owned(),
        most => format!("at most {most} wait, for at most {}", words::duration(upstream.queue.timeout)),
    };
    let budget = &upstream.retry_budget;
    let share = f64::from(budget.per_thousand) / 10.0;
    let breaker = upstream.breaker.map_or("none".to_owned(), |breaker| {
        let (share, mode) = (breaker.error_ratio.share() * 100.0, words::breaker_mode(breaker.mode));
        format!("{mode}: opens at {share}% failures of at least {} results", breaker.min_requests)
    });
    let probes = upstream.health.as_ref().map_or("none".to_owned(), |health| {
        let kind = if matches!(health.probe, config::Probe::Tcp) { "tcp" } else { "http" };
        format!("{kind} every {}", words::duration(health.interval))
    });
    let ejection = upstream
        .ejection
        .as_ref()
        .map_or("none".to_owned(), |ejection| format!("after {} failures in a row", ejection.consecutive_failures));
    named(
        cx,
        table,
        [
            ("max_in_flight", upstream.max_in_flight.to_string()),
            ("queue", queue),
            ("retry_budget", format!("{share}% of requests and {} a second", budget.min_per_second)),
            ("breaker", breaker),
            ("health", probes),
            ("ejection", ejection),
        ],
    )
}

fn named<const N: usize>(cx: &Context<'_>, table: &str, values: [(&str, String); N]) -> Vec<Named> {
    let place = |key: &str| cx.places().of(&format!("{table}.{key}"));
    values.into_iter().map(|(name, value)| Named { name: name.to_owned(), value, at: place(name) }).collect()
}
