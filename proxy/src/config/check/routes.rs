//! The rules of `[[routes]]`: one path rule, one destination, rewrites that can apply, and a request for every route.

use std::collections::HashMap;

use supplex_engine::config::{Destination, Rewrite, Route, UpstreamId, route::Split};
use supplex_engine::route::{Matcher, PathMatch, unreachable};

use super::auth::{self, Auths};
use super::limits::{self, Limits};
use super::upstreams::Upstreams;
use super::{edits, fallback, load};
use crate::config::decode::{At, List, Map, refuse_repeats};
use crate::config::document::{Span, quote};
use crate::config::problem::Problems;
use crate::config::raw;
use crate::config::scalar::{Name, PathPrefix};
use crate::config::suggest;

pub(super) fn check(
    raw: Vec<At<raw::Route>>,
    upstreams: &Upstreams,
    limits: &Limits,
    auths: &Auths,
    problems: &mut Problems,
) -> Vec<Route> {
    if raw.len() > usize::from(u16::MAX) {
        problems.file("there are more than 65535 routes".into(), None);
        return Vec::new();
    }
    let names = raw.iter().filter_map(|route| route.value.name.as_ref());
    refuse_repeats(names.map(|name| (&name.value, &name.span)), "another route has this name", problems);

    let mut spans: Vec<Span> = Vec::with_capacity(raw.len());
    let mut routes: Vec<Route> = Vec::with_capacity(raw.len());
    for At { value: raw, span, .. } in raw {
        let place = raw.name.as_ref().map_or(&span, |name| &name.span).clone();
        if let Some(route) = check_one(raw, &span, upstreams, limits, auths, problems) {
            routes.push(route);
            spans.push(place);
        }
    }
    refuse_unreachable(&routes, &spans, problems);
    routes
}

/// The route, unless it has no name or nothing to match. A route whose destination was refused is still returned, so
/// that it takes part in the search for unreachable ones; the blueprint will not be made.
fn check_one(
    raw: raw::Route,
    span: &Span,
    upstreams: &Upstreams,
    limits: &Limits,
    auths: &Auths,
    problems: &mut Problems,
) -> Option<Route> {
    let destination = destination(&raw, span, upstreams, problems);
    let rewrite = rewrite(&raw, problems);
    let request_headers = edits::check(raw.request_headers, problems);
    let response_headers = edits::check(raw.response_headers, problems);
    let fallback = raw.fallback.and_then(|At { value, span, .. }| {
        let find = |name: &At<Name>, problems: &mut Problems| resolve(name, upstreams, problems);
        fallback::check(value, &span, destination.as_ref(), problems, find)
    });
    let retries = load::retries(raw.retries, raw.timeout.as_ref(), problems);
    let hedge = load::hedge(raw.hedge, raw.timeout.as_ref(), problems);
    let auth = auths.of_route(raw.auth, &request_headers, problems);
    let place = raw.limits.as_ref().map_or(span, |limits| &limits.span).clone();
    let asks = raw.keys.among(&["auth"]).next().is_some();
    let used = limits::of_route(raw.limits, limits, problems);
    if !asks {
        auth::check_limits(used.iter().filter_map(|used| limits.get(used.limit)), &place, problems);
    }
    let matcher = raw.r#match.and_then(|at| matcher(at.value, &at.span, problems));
    Some(Route {
        name: raw.name?.value.0,
        matcher: matcher?,
        destination: destination.unwrap_or(Destination::Upstream(UpstreamId(0))),
        rewrite,
        timeout: raw.timeout?.value.0,
        retries,
        hedge,
        priority: raw.priority?.value,
        auth,
        limits: used,
        request_headers,
        response_headers,
        fallback,
    })
}

fn destination(raw: &raw::Route, span: &Span, upstreams: &Upstreams, problems: &mut Problems) -> Option<Destination> {
    let keys: Vec<_> = raw.keys.among(raw::route::DESTINATIONS).collect();
    match keys.as_slice() {
        [] => {
            problems.push_with(span.clone(), "the route leads nowhere".into(), "set `upstream` or `split`");
            None
        }
        [_] => match (&raw.upstream, &raw.split) {
            (Some(name), _) => resolve(name, upstreams, problems).map(Destination::Upstream),
            (None, Some(At { value: List(arms), span, .. })) => split(arms, span, upstreams, problems),
            (None, None) => None,
        },
        [.., (_, second)] => {
            problems.push_with(
                (*second).clone(),
                "a route has either `upstream` or `split`".into(),
                "for a single upstream, remove `split`",
            );
            None
        }
    }
}

fn split(
    arms: &[At<raw::SplitArm>],
    span: &Span,
    upstreams: &Upstreams,
    problems: &mut Problems,
) -> Option<Destination> {
    let names = arms.iter().filter_map(|arm| arm.value.upstream.as_ref());
    refuse_repeats(
        names.map(|name| (&name.value, &name.span)),
        "this upstream stands in the split already; give it a larger `weight`",
        problems,
    );
    let resolved: Vec<Option<(UpstreamId, u32)>> = arms
        .iter()
        .map(|At { value: arm, .. }| {
            let upstream = arm.upstream.as_ref().and_then(|name| resolve(name, upstreams, problems));
            Some((upstream?, arm.weight.as_ref()?.value.0))
        })
        .collect();
    let whole: Vec<_> = resolved.into_iter().collect::<Option<_>>().filter(|arms: &Vec<_>| !arms.is_empty())?;
    let split = Split::new(whole);
    if split.is_none() {
        let hint = "give at least one upstream a `weight` above 0";
        problems.push_with(span.clone(), "the weights of the split add up to 0".into(), hint);
    }
    split.map(Destination::Split)
}

fn resolve(name: &At<Name>, upstreams: &Upstreams, problems: &mut Problems) -> Option<UpstreamId> {
    let found = upstreams.find(&name.value);
    if found.is_none() {
        let hint = suggest::hint(&name.value.0, &upstreams.names(), "upstreams");
        problems.push_with(name.span.clone(), format!("unknown upstream {}", quote(&name.value.0)), hint);
    }
    found
}

fn matcher(raw: raw::Match, span: &Span, problems: &mut Problems) -> Option<Matcher> {
    let rules: Vec<_> = raw.keys.among(raw::route::PATH_RULES).collect();
    match rules.as_slice() {
        [] => {
            let message = "the match has no rule for the path".to_owned();
            problems.push_with(
                span.clone(),
                message,
                "set `prefix`, `exact` or `regex`; `prefix = \"/\"` is every path",
            );
        }
        [_] => {}
        [.., (_, last)] => {
            let message = "a match has only one of `prefix`, `exact` and `regex`".to_owned();
            problems.push_with((*last).clone(), message, "make a route of its own for each");
        }
    }
    let methods = raw.methods.map_or(Vec::new(), |At { value: List(methods), .. }| methods);
    let repeated = "this method stands in the list already";
    refuse_repeats(methods.iter().map(|method| (&method.value, &method.span)), repeated, problems);
    let headers = raw.headers.map_or(Vec::new(), |At { value: Map(headers), .. }| headers);
    let path = match (raw.prefix, raw.exact, raw.regex) {
        (Some(prefix), None, None) => PathMatch::Prefix(prefix.value.0),
        (None, Some(exact), None) => PathMatch::Exact(exact.value.0),
        (None, None, Some(regex)) => regex.value.0,
        _ => return None,
    };
    Some(Matcher {
        path,
        methods: methods.into_iter().map(|method| method.value.0).collect(),
        host: raw.host.map(|host| host.value),
        headers: headers.into_iter().filter_map(|(name, value)| Some((name.value.0, value?.value.0))).collect(),
    })
}

fn rewrite(raw: &raw::Route, problems: &mut Problems) -> Rewrite {
    for prefix in [&raw.strip_prefix, &raw.add_prefix].into_iter().flatten() {
        if prefix.value.0.is_empty() {
            problems.push_with(prefix.span.clone(), "the prefix `/` changes nothing".into(), "leave the key out");
        }
    }
    if let (Some(strip), Some(rule)) = (&raw.strip_prefix, &raw.r#match) {
        let apart = |path: &str| !strip.value.covers(path);
        let never = match (&rule.value.prefix, &rule.value.exact) {
            // A longer path below the matched prefix may still begin with what is to be stripped.
            (Some(prefix), None) => {
                apart(&prefix.value.0) && !PathPrefix(prefix.value.0.clone()).covers(&strip.value.0)
            }
            (None, Some(exact)) => apart(&exact.value.0),
            _ => false,
        };
        if never {
            let message = "no path that the route matches begins with this prefix".to_owned();
            problems.push_with(strip.span.clone(), message, "make `strip_prefix` a part of what `match` asks for");
        }
    }
    let prefix = |at: &Option<At<PathPrefix>>| at.as_ref().map(|at| at.value.0.clone());
    Rewrite { strip_prefix: prefix(&raw.strip_prefix), add_prefix: prefix(&raw.add_prefix) }
}

fn refuse_unreachable(routes: &[Route], spans: &[Span], problems: &mut Problems) {
    let shadows: HashMap<usize, usize> =
        unreachable(routes).into_iter().map(|(route, by)| (route.index(), by.index())).collect();
    for (index, (route, span)) in routes.iter().zip(spans).enumerate() {
        let Some(by) = shadows.get(&index).and_then(|by| routes.get(*by)) else { continue };
        problems.push_with(
            span.clone(),
            format!("no request can take the route `{}`: `{}` takes everything it matches", route.name, by.name),
            "put it first, or make what it matches different",
        );
    }
}
