//! Why a request gets what it gets: every decision about it, each with the line of the configuration that made it.
//!
//! For people, not for traffic. The decisions are not described here but made, by the same parts of the engine that workers
//! use: the head is parsed from bytes, routed, charged and rewritten as it would be. What takes a network is left out: a
//! token's signature, what a store of limits says, how endpoints are. One [`Explanation`] comes of it, which `text.rs` shows
//! to people and serde to programs; `supplex explain` asks for it with a file, `/api/explain` in a running gateway.
//!
//! Where to read on: `model.rs` (what is told), `asked.rs` (about which request), one file per part for the rest.

mod asked;
mod auth;
mod forwarded;
mod limits;
mod model;
mod outcome;
mod refusal;
mod routes;
mod settings;
mod text;
pub(crate) mod token;
mod upstreams;

use std::net::IpAddr;

use supplex_engine::config::{Route, RouteId, Snapshot};
use supplex_engine::exchange::stages::admit::admit;
use supplex_engine::http1::RequestHead;
use supplex_engine::http1::forwarded::client_address;

use crate::config::Blueprint;
use crate::config::places::Places;
pub(crate) use asked::Asked;
pub(crate) use model::Explanation;
pub(crate) use outcome::{Outcome, outcome};
pub(crate) use text::render;

use model::{Refusal, Request, Setting, Taken};

/// What every part looks at.
struct Context<'a> {
    blueprint: &'a Blueprint,
    snapshot: &'a Snapshot,
    head: &'a RequestHead,
    bytes: &'a [u8],
    /// The other end of the connection, and the client behind it.
    peer: IpAddr,
    client: IpAddr,
    /// Seconds since 1970.
    now: u64,
}

impl Context<'_> {
    fn places(&self) -> &Places {
        &self.blueprint.places
    }

    fn setting(&self, value: impl Into<String>, path: &str) -> Setting {
        Setting { value: value.into(), at: self.places().of(path) }
    }

    /// Whether the peer's word about its client counts.
    fn trusted(&self) -> bool {
        self.snapshot.gateway.trusts(self.peer)
    }
}

/// Explains what becomes of a request at the first listener. `snapshot` is one that was made from `blueprint`; `now` is in
/// seconds since 1970.
#[must_use]
pub(crate) fn explain(blueprint: &Blueprint, snapshot: &Snapshot, asked: &Asked, now: u64) -> Explanation {
    let (bytes, mut head) = (asked.head(), RequestHead::new());
    let mut explanation = Explanation {
        generation: None,
        request: Request::of(asked, blueprint),
        refusal: None,
        routes: Vec::new(),
        route: None,
    };
    let Some(listener) = snapshot.listeners.first() else { return explanation };
    match head.parse(&bytes, listener.head_limits()) {
        Ok(Some(_)) => {}
        Ok(None) => {
            explanation.refusal = Some(refusal::incomplete(blueprint));
            return explanation;
        }
        Err(violation) => {
            explanation.refusal = Some(refusal::violation(violation, blueprint));
            return explanation;
        }
    }
    let client = client_address(&head, &bytes, asked.client, |peer| snapshot.gateway.trusts(peer));
    let cx = Context { blueprint, snapshot, head: &head, bytes: &bytes, peer: asked.client, client, now };
    explanation.request.understood(&cx);
    if let Err(reason) = admit(&head, listener) {
        explanation.refusal =
            Some(refusal::reason("admit", reason, &blueprint.places.of("listeners.0.max_body_bytes")));
        return explanation;
    }
    let (tried, taken) = routes::tried(&cx);
    explanation.routes = tried;
    match taken.and_then(|id| Some((id, snapshot.routes.get(id.index())?))) {
        Some((id, route)) => {
            let (taken, refusal) = follow(&cx, id, route);
            (explanation.route, explanation.refusal) = (Some(taken), refusal);
        }
        None => explanation.refusal = Some(refusal::none(blueprint)),
    }
    explanation
}

/// What the route makes of the request, and the refusal if its token does not hold.
fn follow(cx: &Context<'_>, id: RouteId, route: &Route) -> (Taken, Option<Refusal>) {
    let key = format!("routes.{}", id.index());
    let (auth, identity, refusal) = auth::judge(cx, route, &key);
    let taken = Taken {
        name: route.name.to_string(),
        at: cx.places().of(&key),
        auth,
        priority: cx.setting(route.priority.word(), &format!("{key}.priority")),
        shed: settings::shed(cx),
        limits: limits::charged(cx, id, route, &key, identity.as_deref()),
        timeouts: settings::timeouts(cx, route, &key),
        retries: settings::retries(cx, route, &key),
        hedge: settings::hedge(cx, route, &key),
        fallback: settings::fallback(cx, route, &key),
        destination: upstreams::arms(cx, route, &key),
        upstreams: upstreams::considered(cx, route),
        rewrites: forwarded::rewrites(cx, route, &key),
        forwarded: forwarded::head(cx, route, identity.as_deref()),
        response: forwarded::edits(cx, &route.response_headers, &format!("{key}.response_headers")),
    };
    (taken, refusal)
}

#[cfg(test)]
mod tests;
