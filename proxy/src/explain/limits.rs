//! What the request is charged to: the limits of its route, each with the bucket it leads to.

use supplex_engine::auth::Identity;
use supplex_engine::config::{LimitId, Route, RouteId, words};
use supplex_engine::exchange::stages::limit_rate::{Counted, Counting, limit_rate};

use super::Context;
use super::model::Limit;

/// The limits of the route in the order in which it names them.
pub(super) fn charged(
    cx: &Context<'_>,
    id: RouteId,
    route: &Route,
    key: &str,
    identity: Option<&Identity>,
) -> Vec<Limit> {
    let mut counted: Vec<(LimitId, &'static str, Option<String>)> = Vec::new();
    let request = Counted { head: cx.head, bytes: cx.bytes, peer: cx.peer, identity };
    limit_rate(cx.snapshot, id, request, |counting| {
        counted.push(match counting {
            Counting::Enforced(wanted) => (wanted.charge.limit, "enforced", Some(format!("{:?}", wanted.charge.key))),
            Counting::Shadow(wanted) => (wanted.charge.limit, "shadow", Some(format!("{:?}", wanted.charge.key))),
            Counting::Exempt(limit) => (limit, "exempt", None),
        });
    });
    let each = route.limits.iter().enumerate().filter_map(|(position, used)| {
        let limit = cx.snapshot.limits.get(used.limit.index())?;
        // A request that is charged to nothing is a CORS preflight.
        let found = counted.iter().find(|(id, ..)| *id == used.limit);
        let (counted, bucket) = found.map_or(("preflight", None), |(_, counted, bucket)| (*counted, bucket.clone()));
        let table = format!("limits.{}", limit.name);
        let setting = |value: String, key: &str| cx.setting(value, &format!("{table}.{key}"));
        Some(Limit {
            name: limit.name.to_string(),
            counted,
            bucket,
            cost: used.cost,
            key: setting(words::key_source(&limit.key), "key"),
            rate: setting(words::rate(limit.rate), "rate"),
            burst: setting(limit.burst.to_string(), "burst"),
            store: setting(words::store(limit.store).to_owned(), "store"),
            precision: setting(words::precision(limit.precision).to_owned(), "precision"),
            mode: setting(words::limit_mode(limit.mode).to_owned(), "mode"),
            on_store_error: setting(words::on_store_error(limit.on_store_error).to_owned(), "on_store_error"),
            at: cx.places().of(&format!("{key}.limits.{position}")),
        })
    });
    each.collect()
}
