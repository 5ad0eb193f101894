//! Routes laid out as fields in words.

use super::Whole;
use super::fields::{Field, list};
use crate::config::edits::SECRETS;
use crate::config::{Destination, Fallback, HeaderEdits, Hedge, Retries, Rewrite, Route, UpstreamId, words};
use crate::route::Matcher;

/// The fields of a route of `whole`, which has the names of what it refers to.
pub(super) fn fields(route: &Route, whole: &Whole<'_>) -> Vec<Field> {
    let Route {
        name: _,
        matcher,
        destination,
        rewrite,
        timeout,
        retries,
        hedge,
        priority,
        auth,
        limits,
        request_headers,
        response_headers,
        fallback,
    } = route;
    let upstream = |id: UpstreamId| whole.upstreams.get(id.index()).map_or("", |upstream| &*upstream.name);
    let mut fields = of_match(matcher);
    fields.push(match destination {
        Destination::Upstream(id) => Field::new("upstream", upstream(*id)),
        Destination::Split(split) => {
            Field::new("split", list(split.arms().iter().map(|(id, weight)| format!("{} {weight}", upstream(*id)))))
        }
    });
    let Rewrite { strip_prefix, add_prefix } = rewrite;
    fields.extend(strip_prefix.as_ref().map(|prefix| Field::new("strip_prefix", &**prefix)));
    fields.extend(add_prefix.as_ref().map(|prefix| Field::new("add_prefix", &**prefix)));
    fields.push(Field::new("timeout", words::duration(*timeout)));
    fields.extend(retries.iter().flat_map(of_retries));
    fields.extend(hedge.map(|Hedge { after }| Field::new("hedge.after", words::duration(after))));
    fields.push(Field::new("priority", priority.word()));
    fields.extend(auth.map(|asked| {
        let name = whole.auth.get(asked.auth.index()).map_or("", |auth| &*auth.name);
        Field::new("auth", format!("{name}{}", if asked.optional { ", optional" } else { "" }))
    }));
    let limits = limits.iter().map(|used| {
        let name = whole.limits.get(used.limit.index()).map_or("", |limit| &*limit.name);
        if used.cost == 1 { name.to_owned() } else { format!("{name} at {}", used.cost) }
    });
    fields.push(Field::new("limits", list(limits)));
    fields.extend(of_edits("request_headers", request_headers));
    fields.extend(of_edits("response_headers", response_headers));
    match fallback {
        None => {}
        Some(Fallback::Upstream(id)) => fields.push(Field::new("fallback.upstream", upstream(*id))),
        Some(Fallback::Reply { status, content_type, body }) => fields.extend([
            Field::new("fallback.status", status.to_string()),
            Field::new("fallback.content_type", &**content_type),
            Field::new("fallback.body", format!("{body:?}")),
        ]),
    }
    fields
}

fn of_match(matcher: &Matcher) -> Vec<Field> {
    let Matcher { path, methods, host, headers } = matcher;
    let (kind, rule) = words::path_rule(path);
    let mut fields = vec![Field::new(format!("match.{kind}"), rule)];
    if !methods.is_empty() {
        // Their order means nothing.
        let mut methods = methods.clone();
        methods.sort_unstable();
        fields.push(Field::new("match.methods", list(methods)));
    }
    fields.extend(host.as_ref().map(|host| Field::new("match.host", words::host(host))));
    fields.extend(headers.iter().map(|(name, value)| Field::new(format!("match.headers.{name}"), &**value)));
    fields
}

fn of_retries(retries: &Retries) -> Vec<Field> {
    let Retries { max, on, backoff, post_with_idempotency_key } = retries;
    vec![
        Field::new("retries.max", max.to_string()),
        Field::new("retries.on", list(on.words())),
        Field::new("retries.backoff", words::duration(*backoff)),
        Field::new("retries.post_with_idempotency_key", post_with_idempotency_key.to_string()),
    ]
}

fn of_edits(table: &str, edits: &HeaderEdits) -> Vec<Field> {
    let HeaderEdits { remove, set } = edits;
    let mut fields: Vec<Field> = set
        .iter()
        .map(|(name, value)| {
            let key = format!("{table}.set.{name}");
            if SECRETS.contains(&&**name) { Field::secret(key, value) } else { Field::new(key, &**value) }
        })
        .collect();
    if !remove.is_empty() {
        let mut remove = remove.clone();
        remove.sort_unstable();
        fields.push(Field::new(format!("{table}.remove"), list(remove)));
    }
    fields
}
