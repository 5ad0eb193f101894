//! What the admin endpoint shows of the stores of limits.

use httpdate::fmt_http_date;
use serde_json::{Value, json};

use super::Desk;
use super::measure::{Kind, RESULTS};

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
        json!({
            "url": redis.public_url(),
            "timeout_seconds": redis.timeout.as_secs_f64(),
            "up": desk.redis_is_up(),
            "connects": desk.measure.connects.get(),
            "last_failure": failure,
            "questions": questions(Kind::Redis),
        })
    });
    json!({
        "redis": redis,
        "local": { "buckets": desk.local.borrow().len(), "questions": questions(Kind::Local) },
        "answers_dropped": desk.measure.dropped.get(),
    })
}
