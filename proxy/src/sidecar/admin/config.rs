//! `/api/config`: what runs, since when, on which workers, the latest reloads, and what was refused last. Secrets are not
//! shown.

use httpdate::fmt_http_date;
use serde_json::{Map, Value, json};
use supplex_engine::config::edits::SECRETS;
use supplex_engine::config::{
    AccessLog, Fallback, Gateway, HeaderEdits, Health, Listener, LogFormat, LogTarget, Probe, Ratio, Retries, Route,
    Snapshot, Upstream, Workers,
};

use super::super::Sidecar;
use super::super::limits::report::show_redis;
use super::super::reload::{Entry, Refusal};
use super::routes::{show_destination, show_matcher};
use crate::config::scalar::hash_key::hash_key_word;
use crate::config::scalar::word::balance_word;

pub(super) fn document(sidecar: &Sidecar) -> Value {
    let (running, reloads) = (sidecar.running.borrow(), sidecar.reloads.borrow());
    let snapshot = &running.snapshot;
    let workers = sidecar.crew.iter().enumerate().map(|(number, member)| {
        let block = &member.block;
        json!({ "worker": number, "generation": block.generation.get(), "resolution": block.resolution.get() })
    });
    let addresses: Map<String, Value> =
        sidecar.addresses().into_iter().map(|(name, address)| (name.into(), json!(address.to_string()))).collect();
    json!({
        "file": sidecar.origin.config.display().to_string(),
        "generation": snapshot.generation,
        "resolution": snapshot.resolution,
        "loaded_at": fmt_http_date(running.loaded_at),
        "workers": workers.collect::<Vec<_>>(),
        "addresses": { "admin": sidecar.origin.admin.to_string(), "listeners": addresses },
        "reloads": {
            "accepted": reloads.accepted, "refused": reloads.refused, "unchanged": reloads.unchanged,
            "history": reloads.history().map(show_reload).collect::<Vec<_>>(),
        },
        "last_refusal": reloads.last_refusal().map(show_refusal),
        "config": show(snapshot),
    })
}

fn show_reload(reload: &Entry) -> Value {
    json!({
        "number": reload.number,
        "at": fmt_http_date(reload.at),
        "trigger": reload.trigger,
        "result": reload.result,
        "generation": reload.generation,
        "problems": reload.problems,
    })
}

fn show_refusal(refusal: &Refusal) -> Value {
    json!({ "at": fmt_http_date(refusal.at), "trigger": refusal.trigger, "problems": refusal.problems })
}

fn show(snapshot: &Snapshot) -> Value {
    let upstreams: Map<String, Value> = snapshot.upstreams.iter().map(show_upstream).collect();
    let log = snapshot.telemetry.access_log.as_ref().map(show_log);
    json!({
        "gateway": show_gateway(&snapshot.gateway),
        "listeners": snapshot.listeners.iter().map(show_listener).collect::<Vec<_>>(),
        "routes": snapshot.routes.iter().map(|route| show_route(route, snapshot)).collect::<Vec<_>>(),
        "upstreams": upstreams,
        "limits": snapshot.limits.iter().map(super::limits::show).collect::<Vec<_>>(),
        "auth": snapshot.auth.iter().map(super::auth::show).collect::<Vec<_>>(),
        "redis": snapshot.redis.as_ref().map(show_redis),
        "telemetry": {
            "access_log": log,
            "explain_key": snapshot.telemetry.explain_key.as_ref().map(|_| "(set)"),
            "latency_dump": snapshot.telemetry.latency_dump.display().to_string(),
            "traces": super::traces::show(&snapshot.telemetry.traces),
        },
    })
}

fn show_log(log: &AccessLog) -> Value {
    let path = match &log.target {
        LogTarget::Stdout => "stdout".to_owned(),
        LogTarget::File(path) => path.display().to_string(),
    };
    let (format, fields) = match &log.format {
        LogFormat::Json(fields) => ("json", fields.iter().map(|field| field.word()).collect()),
        LogFormat::Combined => ("combined", Vec::new()),
    };
    json!({ "path": path, "format": format, "fields": fields, "sample": log.sample.map_or(0.0, Ratio::share) })
}

fn show_gateway(gateway: &Gateway) -> Value {
    json!({
        "workers": match gateway.workers {
            Workers::Auto => json!("auto"),
            Workers::Exactly(count) => json!(count),
        },
        "admin": gateway.admin.to_string(),
        "admin_token": gateway.admin_token.as_ref().map(|_| "(set)"),
        "drain_timeout_seconds": gateway.drain_timeout.as_secs_f64(),
        "shed": gateway.shed.map(|shed| json!({ "queue_delay_seconds": shed.queue_delay.as_secs_f64() })),
        "trusted_proxies": gateway.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn show_listener(listener: &Listener) -> Value {
    json!({
        "name": listener.name,
        "address": listener.address.to_string(),
        "header_timeout_seconds": listener.header_timeout.as_secs_f64(),
        "idle_timeout_seconds": listener.idle_timeout.as_secs_f64(),
        "max_header_bytes": listener.max_header_bytes,
        "max_header_fields": listener.max_header_fields,
        "max_body_bytes": listener.max_body_bytes,
        "max_connections": listener.max_connections,
    })
}

fn show_route(route: &Route, snapshot: &Snapshot) -> Value {
    json!({
        "name": route.name,
        "match": show_matcher(&route.matcher),
        "destination": show_destination(&route.destination, snapshot),
        "strip_prefix": route.rewrite.strip_prefix,
        "add_prefix": route.rewrite.add_prefix,
        "timeout_seconds": route.timeout.as_secs_f64(),
        "retries": route.retries.map(show_retries),
        "hedge": route.hedge.map(|hedge| json!({ "after_seconds": hedge.after.as_secs_f64() })),
        "priority": route.priority.word(),
        "auth": super::auth::show_asked(route, snapshot),
        "limits": route.limits.iter().filter_map(|used| {
            let limit = snapshot.limits.get(used.limit.index())?;
            Some(json!({ "limit": limit.name, "cost": used.cost }))
        }).collect::<Vec<_>>(),
        "request_headers": show_edits(&route.request_headers),
        "response_headers": show_edits(&route.response_headers),
        "fallback": route.fallback.as_ref().map(|fallback| show_fallback(fallback, snapshot)),
    })
}

fn show_fallback(fallback: &Fallback, snapshot: &Snapshot) -> Value {
    match fallback {
        Fallback::Upstream(id) => {
            json!({ "upstream": snapshot.upstreams.get(id.index()).map(|upstream| &upstream.name) })
        }
        Fallback::Reply { status, content_type, body } => {
            json!({ "status": status, "content_type": content_type, "body": body })
        }
    }
}

fn show_retries(retries: Retries) -> Value {
    json!({
        "max": retries.max,
        "on": retries.on.words().collect::<Vec<_>>(),
        "backoff_seconds": retries.backoff.as_secs_f64(),
        "post_with_idempotency_key": retries.post_with_idempotency_key,
    })
}

fn show_edits(edits: &HeaderEdits) -> Value {
    let shown = |name: &str, value: &str| if SECRETS.contains(&name) { json!("(set)") } else { json!(value) };
    let set: Map<String, Value> =
        edits.set.iter().map(|(name, value)| (name.to_string(), shown(name, value))).collect();
    json!({ "set": set, "remove": edits.remove })
}

fn show_upstream(upstream: &Upstream) -> (String, Value) {
    let endpoints = upstream.endpoints.iter().map(|endpoint| {
        json!({ "endpoint": endpoint.written, "address": endpoint.address.to_string(), "weight": endpoint.weight })
    });
    let document = json!({
        "endpoints": endpoints.collect::<Vec<_>>(),
        "balance": balance_word(upstream.balance),
        "hash_key": hash_key_word(&upstream.hash_key),
        "connect_timeout_seconds": upstream.connect_timeout.as_secs_f64(),
        "attempt_timeout_seconds": upstream.attempt_timeout.as_secs_f64(),
        "idle_per_worker": upstream.idle_per_worker,
        "idle_timeout_seconds": upstream.idle_timeout.as_secs_f64(),
        "max_in_flight": upstream.max_in_flight,
        "adaptive": upstream.adaptive.as_ref().map(super::adaptive::show_settings),
        "breaker": upstream.breaker.as_ref().map(super::breakers::show_settings),
        "queue": { "max": upstream.queue.max, "timeout_seconds": upstream.queue.timeout.as_secs_f64() },
        "retry_budget": {
            "ratio": f64::from(upstream.retry_budget.per_thousand) / 1_000.0,
            "min_per_second": upstream.retry_budget.min_per_second,
        },
        "health": upstream.health.as_ref().map(show_health),
        "ejection": upstream.ejection.as_ref().map(|ejection| json!({
            "consecutive_failures": ejection.consecutive_failures,
            "eject_for_seconds": ejection.eject_for.as_secs_f64(),
            "max_ejected": ejection.max_ejected.share(),
        })),
        "panic_threshold": upstream.panic_threshold.map_or(0.0, Ratio::share),
        "slow_start_seconds": upstream.slow_start.map(|ramp| ramp.as_secs_f64()),
    });
    (upstream.name.to_string(), document)
}

fn show_health(health: &Health) -> Value {
    let mut document = json!({
        "interval_seconds": health.interval.as_secs_f64(),
        "timeout_seconds": health.timeout.as_secs_f64(),
        "unhealthy_after": health.unhealthy_after,
        "healthy_after": health.healthy_after,
    });
    match &health.probe {
        Probe::Tcp => document["kind"] = json!("tcp"),
        Probe::Http { path, expect_status: (first, last), expect_body } => {
            document["kind"] = json!("http");
            document["path"] = json!(path);
            document["expect_status"] = json!(format!("{first}-{last}"));
            document["expect_body"] = json!(expect_body);
        }
    }
    document
}
