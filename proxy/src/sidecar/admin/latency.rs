//! `/api/latency` and `/latency.hlog`: how long exchanges took in the last minute.
//!
//! What is said stands in `sidecar/latency/`; here it becomes answers.

use std::collections::BTreeSet;
use std::sync::Arc;

use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use super::super::Sidecar;
use super::super::latency::{self, Interval, Question, Refusal, SECONDS_KEPT};
use super::super::registry::latency::Pair;
use super::answer::{self, Answer};
use super::breakers::decode;
use crate::config::suggest;

/// Answers `/api/latency?QUERY`.
pub(super) async fn show(sidecar: &Sidecar, query: &str) -> Answer {
    let fields = query.split('&').filter(|field| !field.is_empty());
    let fields = fields.map(|field| field.split_once('=').unwrap_or((field, "")));
    let question = match Question::read(fields.map(|(key, value)| (decode(key), decode(value)))) {
        Ok(question) => question,
        Err(Refusal(why)) => {
            return answer::problem(StatusCode::BAD_REQUEST, "admin.latency_refused", &why, Value::Null);
        }
    };
    let intervals = sidecar.latency.last(question.seconds);
    let pairs: Vec<_> = sidecar.registry.borrow().latencies().cloned().collect();
    let known = Known::new(&pairs, &sidecar.latency.last(SECONDS_KEPT));
    if let Some(refused) = known.refuse(&question) {
        return refused;
    }
    let workers = sidecar.crew.len();
    let document = spawn_blocking(move || latency::answer(&question, &intervals, &pairs, workers)).await;
    document.map_or_else(|error| failed(&error), |document| answer::json(StatusCode::OK, &document))
}

/// Answers `/latency.hlog`.
pub(super) async fn log(sidecar: &Sidecar) -> Answer {
    let intervals = sidecar.latency.last(SECONDS_KEPT);
    let write = move || {
        let mut log = Vec::new();
        latency::write_log(&intervals, &mut log).map(|()| String::from_utf8_lossy(&log).into_owned())
    };
    match spawn_blocking(write).await {
        Ok(Ok(log)) => answer::text(StatusCode::OK, log),
        Ok(Err(error)) => failed(&error),
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::error::Error) -> Answer {
    let detail = format!("the latencies cannot be added up: {error}");
    answer::problem(StatusCode::INTERNAL_SERVER_ERROR, "gateway.internal", &detail, Value::Null)
}

/// The names that can be asked for: those of the configuration in force, and those that counted something in the last minute.
#[derive(Default)]
struct Known {
    routes: BTreeSet<Box<str>>,
    upstreams: BTreeSet<Box<str>>,
}

impl Known {
    fn new(pairs: &[Arc<Pair>], intervals: &[Arc<Interval>]) -> Self {
        let mut known = Self::default();
        let counted = intervals.iter().flat_map(|interval| &interval.shares).map(|share| &share.pair);
        for pair in pairs.iter().chain(counted) {
            if !known.routes.contains(&pair.route) {
                known.routes.insert(pair.route.clone());
            }
            if let Some(upstream) = pair.upstream.as_ref().filter(|name| !known.upstreams.contains(*name)) {
                known.upstreams.insert(upstream.clone());
            }
        }
        known
    }

    /// The answer to a question about a name that nobody has.
    fn refuse(&self, question: &Question) -> Option<Answer> {
        let asked = [("route", &question.route, &self.routes), ("upstream", &question.upstream, &self.upstreams)];
        asked.into_iter().find_map(|(what, name, known)| {
            let name = name.as_deref().filter(|name| !known.contains(*name))?;
            let known: Vec<_> = known.iter().map(|name| &**name).collect();
            let detail = format!("there is no {what} of this name; {}", suggest::hint(name, &known, "known names"));
            Some(answer::problem(StatusCode::NOT_FOUND, "admin.latency_refused", &detail, json!({ "known": known })))
        })
    }
}
