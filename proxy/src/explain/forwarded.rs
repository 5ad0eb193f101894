//! The request as the upstream would get it, and what the route changes in both directions.

use supplex_engine::auth::{Identity, Vouched};
use supplex_engine::config::edits::SECRETS;
use supplex_engine::config::{HeaderEdits, Route};
use supplex_engine::http1::{RequestContext, write_request};

use super::Context;
use super::model::Named;
use super::settings::deadline_ms;
use crate::worker::is_presentable;

/// Stands for the id that every request without a presentable one gets.
const FRESH_ID: &[u8] = b"(made here)";

/// The lines of the rewritten head, without the empty one.
pub(super) fn head(cx: &Context<'_>, route: &Route, identity: Option<&Identity>) -> Vec<String> {
    let auth = route.auth.and_then(|asked| cx.snapshot.auth.get(asked.auth.index()));
    let vouched = auth.map_or_else(Vouched::default, |auth| Vouched { fields: &auth.forward, identity });
    let kept = cx.head.find(cx.bytes, "x-request-id").filter(|id| is_presentable(id));
    let context = RequestContext {
        head: cx.head,
        bytes: cx.bytes,
        rewrite: &route.rewrite,
        edits: &route.request_headers,
        vouched,
        client: cx.peer,
        trusted: cx.trusted(),
        secure: false,
        request_id: kept.unwrap_or(FRESH_ID),
        trace: None,
        deadline_ms: deadline_ms(cx, route),
    };
    let mut written = Vec::new();
    write_request(&mut written, &context);
    let hides = |name: &str| SECRETS.contains(&name) && route.request_headers.set.iter().any(|(set, _)| **set == *name);
    let shown = |line: &str| match line.split_once(':') {
        Some((name, _)) if hides(name) => format!("{name}: (set)"),
        _ => line.to_owned(),
    };
    String::from_utf8_lossy(&written).lines().filter(|line| !line.is_empty()).map(shown).collect()
}

/// What the route changes about the request.
pub(super) fn rewrites(cx: &Context<'_>, route: &Route, key: &str) -> Vec<Named> {
    let prefixes =
        [("strip_prefix", &route.rewrite.strip_prefix), ("add_prefix", &route.rewrite.add_prefix)].into_iter();
    let prefixes = prefixes.filter_map(|(name, prefix)| {
        let at = cx.places().of(&format!("{key}.{name}"));
        Some(Named { name: name.to_owned(), value: prefix.as_ref()?.to_string(), at })
    });
    prefixes.chain(edits(cx, &route.request_headers, &format!("{key}.request_headers"))).collect()
}

/// Fields that are set and removed.
pub(super) fn edits(cx: &Context<'_>, edits: &HeaderEdits, key: &str) -> Vec<Named> {
    let removed = edits.remove.iter().enumerate().map(|(position, name)| Named {
        name: "remove".to_owned(),
        value: name.to_string(),
        at: cx.places().of(&format!("{key}.remove.{position}")),
    });
    let set = edits.set.iter().map(|(name, value)| Named {
        name: "set".to_owned(),
        value: if SECRETS.contains(&&**name) { format!("{name}: (set)") } else { format!("{name}: {value}") },
        at: cx.places().of(&format!("{key}.set.{name}")),
    });
    removed.chain(set).collect()
}
