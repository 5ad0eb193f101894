//! From the file as written to the engine's types: every rule that takes more than one value to judge.
//!
//! Like the decoding before it, it notes every problem and goes on. It reads no file and resolves no name.
//! Where to read on: one file per table in `check/`.

mod access_log;
mod adaptive;
mod auth;
mod breakers;
mod edits;
mod fallback;
mod gateway;
mod health;
mod limits;
mod listeners;
mod load;
mod redis;
mod routes;
mod traces;
mod upstreams;

#[cfg(test)]
mod tests;

use super::blueprint::Blueprint;
use super::decode::{At, List, Map};
use super::places::Places;
use super::problem::Problems;
use super::raw::Config;
use super::report::Report;

/// The blueprint of a configuration; `None` when `problems` says why there is none.
pub(crate) fn check(config: Config, problems: &mut Problems) -> Option<Blueprint> {
    let raw_gateway = config.gateway?.value;
    let admin = raw_gateway.admin.clone();
    let gateway = gateway::check(raw_gateway, problems);
    let listeners = config.listeners.map_or(Vec::new(), |At { value: List(items), .. }| items);
    let listeners = listeners::check(listeners, admin.as_ref(), problems);
    let Map(upstreams) = config.upstreams?.value;
    let upstreams = upstreams::check(upstreams, problems);
    let Map(limits) = config.limits?.value;
    let limits = limits::check(limits, config.redis.is_some(), problems);
    let Map(auths) = config.auth?.value;
    let auths = auth::check(auths, problems);
    let List(routes) = config.routes?.value;
    let routes = routes::check(routes, &upstreams, &limits, &auths, problems);
    upstreams::check_use(&upstreams, &routes, problems);
    let redis_place = config.redis.as_ref().map(|redis| redis.span.clone());
    let redis = redis::check(config.redis, problems);
    limits::check_use(&limits, redis_place.as_ref(), &routes, problems);
    let telemetry = gateway::check_telemetry(config.telemetry?.value, problems);
    if !problems.passes() {
        return None;
    }
    let limits = limits.into_limits();
    Some(Blueprint {
        gateway: gateway?,
        listeners,
        routes,
        upstreams: upstreams.into_plans(),
        auth: auths.into_auth(&limits),
        limits,
        redis,
        telemetry: telemetry?,
        warnings: Report::default(),
        places: Places::default(),
    })
}
