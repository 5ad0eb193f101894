//! `/api/breakers`: where each breaker stands and why, and what it counted; `POST` has an operator decide.

use std::time::{Duration, SystemTime};

use httpdate::fmt_http_date;
use hyper::StatusCode;
use serde_json::{Value, json};
use supplex_engine::config::{self, BreakerMode, Upstream};
use supplex_engine::upstream::breaker::{Breaker, Cause, Counts, Force, Phase, Rules, State, Trouble};

use super::super::Sidecar;
use super::answer::{self, Answer};
use crate::clock;

/// Parameters of the request to force a breaker.
const USAGE: &str =
    "ask as `?upstream=NAME&endpoint=ADDRESS&state=open|closed|auto`; without `endpoint` it is all of them";

pub(super) fn document(sidecar: &Sidecar) -> Value {
    let snapshot = sidecar.snapshot();
    let upstreams = snapshot.upstreams.iter().filter_map(|upstream| {
        let settings = upstream.breaker.as_ref()?;
        Some(show_upstream(sidecar, upstream, settings))
    });
    json!({ "generation": snapshot.generation, "upstreams": upstreams.collect::<Vec<_>>() })
}

fn show_upstream(sidecar: &Sidecar, upstream: &Upstream, settings: &config::Breaker) -> Value {
    let (now, rules) = (clock::millis(), Rules::new(settings, upstream.attempt_timeout));
    let registry = sidecar.registry.borrow();
    let entry = registry.upstream(&upstream.name);
    let breakers: Vec<_> = upstream
        .endpoints
        .iter()
        .filter_map(|endpoint| {
            let address = endpoint.address.to_string();
            let breaker = entry?.breakers.get(&*address)?;
            Some((&*endpoint.written, address, breaker))
        })
        .collect();
    // The upstream is open when nothing is let through anywhere.
    let open = !breakers.is_empty() && breakers.iter().all(|(.., breaker)| !breaker.would_admit(now, &rules));
    let endpoints = breakers.iter().map(|(written, address, breaker)| show(written, address, breaker, now, &rules));
    json!({
        "upstream": upstream.name,
        "mode": mode_word(settings.mode),
        "state": if open { "open" } else { "closed" },
        "settings": show_settings(settings),
        "endpoints": endpoints.collect::<Vec<_>>(),
    })
}

fn show(written: &str, address: &str, breaker: &Breaker, now: u64, rules: &Rules) -> Value {
    let state = breaker.state();
    let buckets = breaker.buckets(now, rules).map(show_counts);
    json!({
        "endpoint": written,
        "address": address,
        "state": state_word(state),
        "forced": matches!(state.phase, Phase::ForcedOpen | Phase::ForcedClosed),
        "since": at(breaker.changed(), now),
        "since_seconds": now.saturating_sub(breaker.changed()) as f64 / 1e3,
        "cause": state.cause.map(Cause::word),
        "opened": breaker.opened(),
        "opened_in_a_row": state.level,
        "probes": show_probes(state, now, rules),
        "window": buckets,
        "troubles": show_troubles(breaker, now),
    })
}

/// When the next probe may come; in half-open, how the round stands.
fn show_probes(state: State, now: u64, rules: &Rules) -> Value {
    match state.phase {
        Phase::Open { until } => {
            json!({ "next_at": at(until, now), "next_in_seconds": until.saturating_sub(now) as f64 / 1e3 })
        }
        Phase::HalfOpen { admitted, succeeded, .. } => {
            let in_flight = admitted.saturating_sub(succeeded);
            json!({ "wanted": rules.probes(), "admitted": admitted, "succeeded": succeeded, "in_flight": in_flight })
        }
        Phase::Closed { .. } | Phase::ForcedOpen | Phase::ForcedClosed => Value::Null,
    }
}

fn show_counts(counts: Counts) -> Value {
    json!({ "successes": counts.successes, "failures": counts.failures, "slow": counts.slow })
}

/// What went wrong since the start, by kind, the latest first.
fn show_troubles(breaker: &Breaker, now: u64) -> Value {
    let mut troubles: Vec<_> = Trouble::ALL.map(|(trouble, word)| (breaker.trouble(trouble), word)).into();
    troubles.retain(|((count, _), _)| *count > 0);
    troubles.sort_by_key(|((_, last), _)| std::cmp::Reverse(*last));
    let show = |((count, last), word)| json!({ "reason": word, "count": count, "last": at(last, now) });
    troubles.into_iter().map(show).collect()
}

/// A moment of the process's clock as a date.
fn at(moment: u64, now: u64) -> String {
    let (past, ahead) = (now.saturating_sub(moment), moment.saturating_sub(now));
    let time = SystemTime::now() - Duration::from_millis(past) + Duration::from_millis(ahead);
    fmt_http_date(time)
}

pub(super) fn state_word(state: State) -> &'static str {
    match state.phase {
        Phase::Closed { .. } | Phase::ForcedClosed => "closed",
        Phase::HalfOpen { .. } => "half_open",
        Phase::Open { .. } | Phase::ForcedOpen => "open",
    }
}

fn mode_word(mode: BreakerMode) -> &'static str {
    match mode {
        BreakerMode::Enforce => "enforce",
        BreakerMode::Shadow => "shadow",
        BreakerMode::Off => "off",
    }
}

/// The settings as the configuration has them.
pub(super) fn show_settings(settings: &config::Breaker) -> Value {
    json!({
        "window_seconds": settings.window.as_secs_f64(),
        "min_requests": settings.min_requests,
        "error_ratio": settings.error_ratio.share(),
        "slow_after_seconds": settings.slow_after.as_secs_f64(),
        "slow_ratio": settings.slow_ratio.share(),
        "open_for_seconds": settings.open_for.as_secs_f64(),
        "probes": settings.probes,
        "connect_failures": settings.connect_failures,
        "return_over_seconds": settings.return_over.map(|over| over.as_secs_f64()),
        "mode": mode_word(settings.mode),
    })
}

/// Forces the breakers that `query` names.
pub(super) fn force(sidecar: &Sidecar, query: &str) -> Answer {
    let refuse = |status, detail: &str| answer::problem(status, "admin.breaker_refused", detail, Value::Null);
    let (mut name, mut endpoint, mut force) = (None, None, None);
    for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let value = decode(value);
        match key {
            "upstream" => name = Some(value),
            "endpoint" => endpoint = Some(value),
            "state" => force = force_of(&value),
            _ => return refuse(StatusCode::BAD_REQUEST, USAGE),
        }
    }
    let (Some(name), Some(force)) = (name, force) else { return refuse(StatusCode::BAD_REQUEST, USAGE) };
    let snapshot = sidecar.snapshot();
    let Some(upstream) = snapshot.upstreams.iter().find(|upstream| *upstream.name == name) else {
        return refuse(StatusCode::NOT_FOUND, "there is no upstream of this name");
    };
    let Some(settings) = upstream.breaker.as_ref().filter(|breaker| breaker.mode == BreakerMode::Enforce) else {
        return refuse(StatusCode::CONFLICT, "this upstream has no breaker that is enforced");
    };
    let is_meant = |one: &&config::Endpoint| {
        endpoint.as_ref().is_none_or(|wanted| *one.written == **wanted || one.address.to_string() == *wanted)
    };
    let registry = sidecar.registry.borrow();
    let entry = registry.upstream(&upstream.name);
    let meant = upstream.endpoints.iter().filter(is_meant);
    let breakers: Vec<_> = meant
        .filter_map(|one| {
            Some((&*one.written, one.address.to_string(), entry?.breakers.get(&*one.address.to_string())?))
        })
        .collect();
    if breakers.is_empty() {
        return refuse(StatusCode::NOT_FOUND, "the upstream has no such endpoint");
    }
    let (now, rules) = (clock::millis(), Rules::new(settings, upstream.attempt_timeout));
    for (_, _, breaker) in &breakers {
        breaker.force(force, now);
    }
    let shown = breakers.iter().map(|(written, address, breaker)| show(written, address, breaker, now, &rules));
    answer::json(StatusCode::OK, &json!({ "upstream": upstream.name, "endpoints": shown.collect::<Vec<_>>() }))
}

fn force_of(word: &str) -> Option<Force> {
    match word {
        "open" => Some(Force::Open),
        "closed" => Some(Force::Closed),
        "auto" => Some(Force::Auto),
        _ => None,
    }
}

/// A query value without its escapes. What is not an escape stays as it is.
pub(super) fn decode(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::super::sample::{Sample, block_on, text};
    use super::*;

    fn sample() -> Sample {
        block_on(async {
            Sample::new(&format!(
                "{}[upstreams.up.breaker]\nprobes = 2\n",
                text(&["a"], &["127.0.0.1:1", "unix:/run/a b.sock"])
            ))
        })
    }

    #[test]
    fn breakers_are_forced_one_by_one_or_all_together() {
        let sample = sample();
        let states = || {
            let document = document(&sample.sidecar);
            let endpoints = document["upstreams"][0]["endpoints"].as_array().expect("a list").clone();
            let word = |endpoint: &Value| endpoint["state"].as_str().expect("a word").to_owned();
            (endpoints.iter().map(word).collect::<Vec<_>>(), document["upstreams"][0]["state"].clone())
        };
        let force = |query: &str| force(&sample.sidecar, query).status().as_u16();
        assert_eq!(states(), (vec!["closed".into(), "closed".into()], json!("closed")));
        assert_eq!(force("upstream=up&endpoint=unix%3A/run/a%20b.sock&state=open"), 200);
        assert_eq!(states(), (vec!["closed".into(), "open".into()], json!("closed")));
        assert_eq!(force("upstream=up&state=open"), 200);
        assert_eq!(states(), (vec!["open".into(), "open".into()], json!("open")));
        assert_eq!(force("upstream=up&state=auto"), 200);
        assert_eq!(states(), (vec!["closed".into(), "closed".into()], json!("closed")));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let sample = sample();
        for (query, status) in [
            ("", 400),
            ("upstream=up", 400),
            ("upstream=up&state=half", 400),
            ("upstream=up&state=open&more=1", 400),
            ("upstream=down&state=open", 404),
            ("upstream=up&endpoint=127.0.0.1:9&state=open", 404),
        ] {
            assert_eq!(force(&sample.sidecar, query).status().as_u16(), status, "{query}");
        }
        let without = block_on(async { Sample::new(&text(&["a"], &["127.0.0.1:1"])) });
        assert_eq!(force(&without.sidecar, "upstream=up&state=open").status().as_u16(), 409);
    }

    #[test]
    fn escapes_are_read_and_everything_else_stays() {
        assert_eq!(decode("a%3ab%"), "a:b%");
        assert_eq!(decode("%zz%4"), "%zz%4");
    }
}
