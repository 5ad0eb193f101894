//! What the admin endpoint shows of the stores of limits.

use httpdate::fmt_http_date;
use serde_json::{Value, json};
use supplex_engine::config::Redis;
use supplex_engine::config::redis::{Node, Place};

use super::Desk;
use super::measure::{Kind, RESULTS};

/// The settings, without passwords.
#[must_use]
pub(crate) fn show_redis(redis: &Redis) -> Value {
    let names = |nodes: &[Node]| nodes.iter().map(ToString::to_string).collect::<Vec<_>>();
    let timeout = redis.timeout.as_secs_f64();
    match &redis.place {
        Place::Url(_) => json!({ "url": redis.place.to_string(), "timeout_seconds": timeout }),
        Place::Sentinel(sentinel) => json!({
            "sentinel": { "master": sentinel.master, "nodes": names(&sentinel.nodes) },
            "database": sentinel.database,
            "timeout_seconds": timeout,
        }),
        Place::Cluster(cluster) => json!({ "cluster": names(&cluster.nodes), "timeout_seconds": timeout }),
    }
}

/// The `store` object of `/api/limits`.
#[must_use]
pub(crate) fn document(desk: &Desk) -> Value {
    let questions = |store| {
        let counts =
            RESULTS.iter().map(|(error, word)| ((*word).to_owned(), desk.measure.answers(store, *error).into()));
        Value::Object(counts.collect())
    };
    let failure = desk.measure.last_failure.borrow();
    let failure = failure.as_ref().map(|failure| json!({ "what": failure.what, "at": fmt_http_date(failure.at) }));
    let redis = desk.lines.borrow().settings.as_ref().map(|redis| {
        let mut shown = show_redis(redis);
        shown["server"] = desk.measure.server.borrow().as_ref().map(ToString::to_string).into();
        shown["up"] = desk.redis_is_up().into();
        shown["connects"] = desk.measure.connects.get().into();
        shown["last_failure"] = failure.into();
        shown["questions"] = questions(Kind::Redis);
        shown
    });
    json!({
        "redis": redis,
        "local": { "buckets": desk.local.borrow().len(), "questions": questions(Kind::Local) },
        "answers_dropped": desk.measure.dropped.get(),
    })
}
