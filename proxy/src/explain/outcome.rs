//! What becomes of a request in a few words, to be compared with what another configuration makes of it.

use supplex_engine::config::{Destination, Route, RouteId, Snapshot, UpstreamId, words};
use supplex_engine::exchange::stages::admit::admit;
use supplex_engine::exchange::stages::limit_rate::{Counted, Counting, limit_rate};
use supplex_engine::exchange::stages::match_route::match_route;
use supplex_engine::http1::RequestHead;
use supplex_engine::http1::forwarded::client_address;
use supplex_engine::reason::Reason;

use super::{Asked, Context, forwarded};
use crate::config::Blueprint;

/// What becomes of one request. Tokens are not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The route that answers.
    pub(crate) route: Option<String>,
    /// The same in words, or why none does.
    answer: String,
    upstream: String,
    limits: String,
    timeouts: String,
    auth: String,
    /// What the upstream gets.
    pub(crate) target: Option<String>,
}

impl Outcome {
    fn refused(reason: Reason) -> Self {
        let none = || "none".to_owned();
        Self {
            route: None,
            answer: format!("refused with {} {}", reason.status(), reason.word()),
            upstream: none(),
            limits: none(),
            timeouts: none(),
            auth: none(),
            target: None,
        }
    }

    /// What is compared, by name. The target is not there: it is another one for each request.
    pub(crate) fn facts(&self) -> [(&'static str, &str); 5] {
        [
            ("route", &self.answer),
            ("upstream", &self.upstream),
            ("limits", &self.limits),
            ("timeouts", &self.timeouts),
            ("auth", &self.auth),
        ]
    }
}

/// What becomes of a request at the first listener.
#[must_use]
pub(crate) fn outcome(blueprint: &Blueprint, snapshot: &Snapshot, asked: &Asked) -> Outcome {
    let (bytes, mut head) = (asked.head(), RequestHead::new());
    let Some(listener) = snapshot.listeners.first() else { return Outcome::refused(Reason::Internal) };
    match head.parse(&bytes, listener.head_limits()) {
        Ok(Some(_)) => {}
        Ok(None) => return Outcome::refused(Reason::HeaderTimeout),
        Err(violation) => return Outcome::refused(violation.reason()),
    }
    if let Err(reason) = admit(&head, listener) {
        return Outcome::refused(reason);
    }
    let found = match_route(snapshot, &head, &bytes);
    let Some((id, route)) = found.and_then(|id| Some((id, snapshot.routes.get(id.index())?))) else {
        return Outcome::refused(Reason::RouteNone);
    };
    let client = client_address(&head, &bytes, asked.client, |peer| snapshot.gateway.trusts(peer));
    let cx = Context { blueprint, snapshot, head: &head, bytes: &bytes, peer: asked.client, client, now: 0 };
    let target = forwarded::head(&cx, route, None).first().and_then(|line| line.split(' ').nth(1).map(str::to_owned));
    Outcome {
        route: Some(route.name.to_string()),
        answer: format!("`{}`", route.name),
        upstream: upstreams(snapshot, route),
        limits: limits(&cx, id),
        timeouts: timeouts(snapshot, route),
        auth: auth(snapshot, route),
        target,
    }
}

/// The ids of the upstreams with their weights; one that gets everything has none.
fn arms(route: &Route) -> Vec<(UpstreamId, Option<u32>)> {
    match &route.destination {
        Destination::Upstream(id) => vec![(*id, None)],
        Destination::Split(split) => split.arms().iter().map(|(id, weight)| (*id, Some(*weight))).collect(),
    }
}

fn upstreams(snapshot: &Snapshot, route: &Route) -> String {
    let show = |(id, weight): (UpstreamId, Option<u32>)| {
        let name = snapshot.upstreams.get(id.index()).map_or("", |upstream| &*upstream.name);
        weight.map_or_else(|| format!("`{name}`"), |weight| format!("`{name}` {weight}"))
    };
    arms(route).into_iter().map(show).collect::<Vec<_>>().join(", ")
}

fn timeouts(snapshot: &Snapshot, route: &Route) -> String {
    let mut text = words::duration(route.timeout);
    for upstream in arms(route).into_iter().filter_map(|(id, _)| snapshot.upstreams.get(id.index())) {
        let (attempt, connect) = (upstream.attempt_timeout, upstream.connect_timeout);
        text += &format!(", an attempt {}, a connect {}", words::duration(attempt), words::duration(connect));
    }
    text
}

fn limits(cx: &Context<'_>, id: RouteId) -> String {
    let mut all = Vec::new();
    let request = Counted { head: cx.head, bytes: cx.bytes, peer: cx.peer, identity: None };
    limit_rate(cx.snapshot, id, request, |counting| {
        let (id, rest) = match counting {
            Counting::Enforced(wanted) => (wanted.charge.limit, format!("cost {}", wanted.charge.cost)),
            Counting::Shadow(wanted) => (wanted.charge.limit, format!("cost {}, only counted", wanted.charge.cost)),
            Counting::Exempt(limit) => (limit, "exempt".to_owned()),
        };
        let Some(limit) = cx.snapshot.limits.get(id.index()) else { return };
        let (rate, key) = (words::rate(limit.rate), words::key_source(&limit.key));
        all.push(format!("`{}` ({rate}, burst {}, by {key}, {rest})", limit.name, limit.burst));
    });
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

fn auth(snapshot: &Snapshot, route: &Route) -> String {
    let Some(asked) = route.auth else { return "none".to_owned() };
    let name = snapshot.auth.get(asked.auth.index()).map_or("", |auth| &*auth.name);
    format!("`{name}`{}", if asked.optional { ", optional" } else { "" })
}
