//! What a route says about time and trouble: timeouts, retries, hedging, its fallback, and who is refused under overload.

use supplex_engine::config::{Fallback, Priority, Route, words};
use supplex_engine::exchange::RetryRule;
use supplex_engine::exchange::deadline::{deadline, remaining_ms};
use supplex_engine::http1::FieldId;

use super::Context;
use super::model::{Named, Rule, Setting};

/// When an overloaded worker begins to refuse.
pub(super) fn shed(cx: &Context<'_>) -> Setting {
    match cx.snapshot.gateway.shed {
        Some(shed) => cx.setting(words::duration(shed.queue_delay), "gateway.shed.queue_delay"),
        None => cx.setting("never", "gateway.shed"),
    }
}

/// The time the whole exchange has.
pub(super) fn timeouts(cx: &Context<'_>, route: &Route, key: &str) -> Vec<Named> {
    let at = cx.places().of(&format!("{key}.timeout"));
    let mut timeouts = vec![Named { name: "timeout".to_owned(), value: words::duration(route.timeout), at }];
    let left = deadline_ms(cx, route).filter(|left| u128::from(*left) < route.timeout.as_millis());
    if let Some(left) = left {
        let at = cx.places().of("gateway.trusted_proxies");
        timeouts.push(Named { name: "x-request-deadline-ms".to_owned(), value: format!("{left}ms"), at });
    }
    timeouts
}

/// Milliseconds that the upstream is told it has.
pub(super) fn deadline_ms(cx: &Context<'_>, route: &Route) -> Option<u64> {
    let asked = cx.head.field(cx.bytes, FieldId::XRequestDeadlineMs).filter(|_| cx.trusted());
    remaining_ms(deadline(0, u64::try_from(route.timeout.as_nanos()).unwrap_or(u64::MAX), asked), 0)
}

/// Whether the upstream may get the request twice.
fn may_repeat(cx: &Context<'_>, route: &Route) -> bool {
    let has_key = cx.head.find(cx.bytes, "idempotency-key").is_some_and(|key| !key.is_empty());
    RetryRule::new(route.retries.as_ref(), has_key).may_repeat(cx.head.method())
}

/// When a failed attempt is followed by another one.
pub(super) fn retries(cx: &Context<'_>, route: &Route, key: &str) -> Rule {
    let at = cx.places().of(&format!("{key}.retries"));
    let repeats = may_repeat(cx, route);
    let Some(retries) = route.retries.filter(|retries| retries.max > 0) else {
        let value = if repeats { "only after a stale connection" } else { "none" };
        return Rule { applies: false, value: value.to_owned(), at };
    };
    let causes: Vec<_> = retries.on.words().collect();
    let mut value =
        format!("at most {} on {}, backoff {}", retries.max, causes.join(", "), words::duration(retries.backoff));
    if !repeats {
        value += "; this method must not be repeated, so only if nothing of it was sent";
    }
    Rule { applies: repeats, value, at }
}

/// When a second attempt is made beside the first.
pub(super) fn hedge(cx: &Context<'_>, route: &Route, key: &str) -> Rule {
    let at = cx.places().of(&format!("{key}.hedge"));
    let Some(hedge) = route.hedge else { return Rule { applies: false, value: "never".to_owned(), at } };
    let applies = may_repeat(cx, route);
    let why = if applies { "" } else { "; never for this method, which must not be repeated" };
    Rule { applies, value: format!("after {} without an answer{why}", words::duration(hedge.after)), at }
}

/// What a client gets while all breakers are open.
pub(super) fn fallback(cx: &Context<'_>, route: &Route, key: &str) -> Rule {
    let at = cx.places().of(&format!("{key}.fallback"));
    let value = match &route.fallback {
        None => "none: 503 breaker.open while all breakers are open".to_owned(),
        Some(Fallback::Upstream(id)) => {
            let name = cx.snapshot.upstreams.get(id.index()).map_or("", |upstream| &*upstream.name);
            format!("the upstream `{name}` while all breakers are open")
        }
        Some(Fallback::Reply { status, content_type, body }) => {
            format!("{status} with {} bytes of {content_type} while all breakers are open", body.len())
        }
    };
    Rule { applies: route.fallback.is_some(), value, at }
}

/// What becomes of a request under overload, in words.
pub(super) fn under_overload(priority: &str) -> &'static str {
    match Priority::WORDS.iter().find(|(word, _)| *word == priority) {
        Some((_, Priority::Low)) => "refused first",
        Some((_, Priority::High)) => "never refused",
        _ => "refused after those of low priority",
    }
}
