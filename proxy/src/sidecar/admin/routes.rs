//! `/api/routes`: the routes in the order in which they are tried, with what they match, where they lead and how many
//! requests took them.

use serde_json::{Map, Value, json};
use supplex_engine::config::{Destination, Route, RouteId, Snapshot};
use supplex_engine::route::{HostPattern, Matcher, PathMatch, precedence};
use supplex_engine::stats::RouteBlock;

use super::super::Sidecar;

pub(super) fn document(sidecar: &Sidecar) -> Value {
    let (snapshot, registry) = (sidecar.snapshot(), sidecar.registry.borrow());
    let show = |(id, route): (RouteId, &Route)| {
        json!({
            "name": route.name,
            "file_position": id.index() + 1,
            "match": show_matcher(&route.matcher),
            "destination": show_destination(&route.destination, &snapshot),
            "auth": super::auth::show_asked(route, &snapshot),
            "timeout_seconds": route.timeout.as_secs_f64(),
            "requests": requests(registry.route(&route.name)),
        })
    };
    let routes: Vec<_> = precedence::in_order(&snapshot.routes).into_iter().map(show).collect();
    json!({
        "generation": snapshot.generation,
        "routes": routes,
        "unrouted": { "requests": requests(registry.unrouted()) },
    })
}

/// Requests answered, by class of status code.
fn requests(blocks: &[std::sync::Arc<RouteBlock>]) -> Value {
    let (mut total, mut classes) = (0_u64, Map::new());
    for (pair, count) in blocks.iter().flat_map(|block| block.responses.rows()) {
        let class = pair.map_or("other".to_owned(), |(_, code)| format!("{}xx", code / 100));
        let before = classes.get(&class).and_then(Value::as_u64).unwrap_or(0);
        classes.insert(class, json!(before + count));
        total += count;
    }
    json!({ "total": total, "by_class": classes })
}

/// As it would be written in the configuration.
pub(super) fn show_matcher(matcher: &Matcher) -> Value {
    let (key, path) = match &matcher.path {
        PathMatch::Exact(path) => ("exact", &**path),
        PathMatch::Prefix(path) if path.is_empty() => ("prefix", "/"),
        PathMatch::Prefix(path) => ("prefix", &**path),
        PathMatch::Regex(pattern, _) => ("regex", &**pattern),
    };
    let host = matcher.host.as_ref().map(|host| match host {
        HostPattern::Exact(host) => host.to_string(),
        HostPattern::Below(suffix) => format!("*{suffix}"),
    });
    let headers: Map<String, Value> =
        matcher.headers.iter().map(|(name, value)| (name.to_string(), json!(value))).collect();
    json!({ key: path, "methods": matcher.methods, "host": host, "headers": headers })
}

pub(super) fn show_destination(destination: &Destination, snapshot: &Snapshot) -> Value {
    let name =
        |id: supplex_engine::config::UpstreamId| snapshot.upstreams.get(id.index()).map(|upstream| &upstream.name);
    match destination {
        Destination::Upstream(id) => json!({ "upstream": name(*id) }),
        Destination::Split(split) => {
            let arm = |(id, weight): &(_, u32)| json!({ "upstream": name(*id), "weight": weight });
            json!({ "split": split.arms().iter().map(arm).collect::<Vec<_>>() })
        }
    }
}
