//! Which routes were tried, in which order, and why each did not match.

use supplex_engine::config::{Route, RouteId, words};
use supplex_engine::exchange::stages::match_route::{Parsed, match_route};
use supplex_engine::route::{self, Finding, Rule};

use super::Context;
use super::model::{Found, Tried};

/// All routes, and the one that the table finds.
pub(super) fn tried(cx: &Context<'_>) -> (Vec<Tried>, Option<RouteId>) {
    let view = Parsed { head: cx.head, bytes: cx.bytes };
    let findings = route::explain(&cx.snapshot.routes, &view);
    let tried = findings.into_iter().filter_map(|(id, finding)| {
        let route = cx.snapshot.routes.get(id.index())?;
        let (result, why, key) = judge(cx, route, finding);
        let at = cx.places().of(&format!("routes.{}.{key}", id.index()));
        Some(Tried { name: route.name.to_string(), result, why, at })
    });
    (tried.collect(), match_route(cx.snapshot, cx.head, cx.bytes))
}

fn judge(cx: &Context<'_>, route: &Route, finding: Finding<'_>) -> (Found, String, String) {
    let (kind, rule) = words::path_rule(&route.matcher.path);
    let path_key = format!("match.{kind}");
    match finding {
        Finding::Taken => (Found::Taken, format!("matches, by {kind} `{rule}`"), path_key),
        Finding::Shadowed(by) => {
            let earlier = cx.snapshot.routes.get(by.index()).map_or("", |route| &*route.name);
            (Found::Shadowed, format!("matches too, but `{earlier}` goes first"), path_key)
        }
        Finding::Broken(broken) => {
            let (why, key) = broken_rule(cx, route, broken);
            (Found::NotMatched, why, key.unwrap_or(path_key))
        }
    }
}

/// Why a rule does not hold, and its key unless it is the path's.
fn broken_rule(cx: &Context<'_>, route: &Route, rule: Rule<'_>) -> (String, Option<String>) {
    let matcher = &route.matcher;
    match rule {
        Rule::Path => {
            let why = match words::path_rule(&matcher.path) {
                ("exact", path) => format!("the path is not `{path}`"),
                ("prefix", prefix) => format!("the path is not below `{prefix}`"),
                (_, pattern) => format!("the path does not match `{pattern}`"),
            };
            (why, None)
        }
        Rule::Method => {
            let why = match &*matcher.methods {
                [only] => format!("the method is not {only}"),
                several => format!("the method is none of {}", several.join(", ")),
            };
            (why, Some("match.methods".to_owned()))
        }
        Rule::Host => {
            let host = matcher.host.as_ref().map(words::host).unwrap_or_default();
            (format!("the host is not `{host}`"), Some("match.host".to_owned()))
        }
        Rule::Header(name) => {
            let wanted = matcher.headers.iter().find(|(other, _)| **other == *name).map_or("", |(_, value)| value);
            let why = match cx.head.find(cx.bytes, name) {
                None => format!("there is no `{name}`, which must be `{wanted}`"),
                Some(found) => format!("`{name}` is `{}`, not `{wanted}`", found.escape_ascii()),
            };
            (why, Some(format!("match.headers.{name}")))
        }
    }
}
