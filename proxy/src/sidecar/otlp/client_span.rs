//! The span of one attempt, as the gateway sees the endpoint.

use std::borrow::Cow;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Event, SpanKind, Status};
use opentelemetry_sdk::trace::SpanData;
use supplex_engine::config::{Address, Endpoint};
use supplex_engine::http1::write_path;
use supplex_engine::stats::block::AttemptResult;
use supplex_engine::trace::Attempt;

use super::spans::{Said, text};
use crate::link::spans::Finished;

/// `position`: how many attempts of the exchange began before.
pub(super) fn of(finished: &Finished, attempt: &Attempt, position: usize) -> SpanData {
    let failure = failure(attempt);
    let mut attributes = attributes(finished, attempt, position);
    let mut status = Status::Unset;
    if let Some(failure) = failure {
        attributes.push(KeyValue::new("error.type", failure));
        status = Status::error("");
    }
    let probe = attempt.probe.then(|| {
        let decided = vec![KeyValue::new("supplex.decision", "probe")];
        Event::new("supplex.breaker", finished.at(attempt.begun), decided, 0)
    });
    let said = Said {
        span: attempt.span,
        parent: Some(finished.span),
        parent_is_remote: false,
        kind: SpanKind::Client,
        name: finished.method_in_names().into(),
        begun: attempt.begun,
        ended: attempt.ended,
        attributes,
        events: probe.into_iter().collect(),
        missed_events: 0,
        status,
    };
    said.in_trace_of(finished)
}

impl Finished {
    /// The endpoint that was tried.
    pub(super) fn endpoint(&self, attempt: &Attempt) -> Option<&Endpoint> {
        self.snapshot.upstreams.get(attempt.upstream?.index())?.endpoints.get(usize::from(attempt.endpoint))
    }
}

/// What conventions call the type of the error. An attempt that was given up did not fail.
fn failure(attempt: &Attempt) -> Option<Cow<'static, str>> {
    let result = attempt.result?;
    let broken = !matches!(result, AttemptResult::Success | AttemptResult::ServerError | AttemptResult::Cancelled);
    match attempt.status {
        _ if broken => Some(word(result).into()),
        Some(status) if status >= 400 => Some(status.to_string().into()),
        _ => None,
    }
}

fn word(result: AttemptResult) -> &'static str {
    AttemptResult::ALL.iter().find(|(other, _)| *other == result).map_or("", |(_, word)| *word)
}

fn attributes(finished: &Finished, attempt: &Attempt, position: usize) -> Vec<KeyValue> {
    let mut said = vec![
        finished.method(),
        KeyValue::new("supplex.result", attempt.result.map_or("unknown", word)),
        KeyValue::new("supplex.connection", if attempt.pooled { "pooled" } else { "new" }),
    ];
    if let Some(status) = attempt.status {
        said.push(KeyValue::new("http.response.status_code", i64::from(status)));
    }
    if position > 0 {
        said.push(KeyValue::new("http.request.resend_count", position as i64));
    }
    if attempt.hedge {
        said.push(KeyValue::new("supplex.hedge", true));
    }
    said.extend(finished.upstream_name(attempt.upstream));
    if let Some(endpoint) = finished.endpoint(attempt) {
        said.push(KeyValue::new("supplex.endpoint", endpoint.address.to_string()));
        place(&mut said, finished, endpoint);
    }
    said
}

/// Where the attempt went.
fn place(said: &mut Vec<KeyValue>, finished: &Finished, endpoint: &Endpoint) {
    match &endpoint.address {
        Address::Tcp(address) => {
            let name = endpoint.written.rsplit_once(':').map_or(&*endpoint.written, |(name, _)| name);
            said.push(KeyValue::new("server.address", name.trim_matches(['[', ']']).to_owned()));
            said.push(KeyValue::new("server.port", i64::from(address.port())));
            said.push(KeyValue::new("network.peer.address", address.ip().to_string()));
            said.push(KeyValue::new("network.peer.port", i64::from(address.port())));
            said.push(KeyValue::new("url.full", format!("http://{}{}", endpoint.written, path(finished))));
        }
        Address::Unix(path) => {
            said.push(KeyValue::new("server.address", path.display().to_string()));
            said.push(KeyValue::new("network.transport", "unix"));
        }
    }
}

/// The path as the endpoint got it.
fn path(finished: &Finished) -> String {
    let route = finished.route.and_then(|id| finished.snapshot.routes.get(id.index()));
    let mut path = Vec::new();
    if let Some(route) = route {
        write_path(&mut path, &finished.path, &route.rewrite, &*finished.path == b"*");
    }
    text(&path)
}
