//! The span of a whole exchange, as the client sees it.

use opentelemetry::KeyValue;
use opentelemetry::trace::{Event, SpanKind, Status};
use opentelemetry_sdk::trace::SpanData;
use supplex_engine::config::Route;
use supplex_engine::http1::{Method, Version};
use supplex_engine::route::PathMatch;
use supplex_engine::stats::{LimitDecision, LimitSource};
use supplex_engine::trace::Happening;

use super::spans::{Said, seconds, text};
use crate::link::spans::Finished;

pub(super) fn of(finished: &Finished) -> SpanData {
    let route = finished.route.and_then(|id| finished.snapshot.routes.get(id.index()));
    let template = route.map(template);
    let method = finished.method_in_names();
    let said = Said {
        span: finished.span,
        parent: finished.parent,
        parent_is_remote: finished.parent.is_some(),
        kind: SpanKind::Server,
        name: template.as_ref().map_or_else(|| method.into(), |template| format!("{method} {template}").into()),
        begun: finished.started,
        ended: finished.started.saturating_add(finished.duration),
        attributes: attributes(finished, route, template),
        events: finished.trail.events().iter().map(|event| event_of(finished, event)).collect(),
        missed_events: finished.trail.missed_events(),
        status: status(finished),
    };
    said.in_trace_of(finished)
}

/// What a route asks of a path, which has few values where paths have many.
fn template(route: &Route) -> String {
    match &route.matcher.path {
        PathMatch::Exact(path) => path.to_string(),
        PathMatch::Prefix(path) => format!("{path}/*"),
        PathMatch::Regex(written, _) => written.to_string(),
    }
}

fn status(finished: &Finished) -> Status {
    if !finished.failed {
        return Status::Unset;
    }
    // Conventions want no description where the status code says it already.
    Status::error(finished.reason.map_or("", |reason| reason.row().title))
}

fn attributes(finished: &Finished, route: Option<&Route>, template: Option<String>) -> Vec<KeyValue> {
    let version = if finished.version == Version::Http11 { "1.1" } else { "1.0" };
    let client = finished.trail.client().unwrap_or(finished.peer);
    let mut said = vec![
        finished.method(),
        KeyValue::new("url.scheme", "http"),
        KeyValue::new("network.protocol.version", version),
        KeyValue::new("client.address", client.to_canonical().to_string()),
        KeyValue::new("network.peer.address", finished.peer.to_canonical().to_string()),
        KeyValue::new("http.request.body.size", whole(finished.received)),
        KeyValue::new("http.response.body.size", whole(finished.sent)),
        KeyValue::new("supplex.request_id", text(&finished.request_id)),
        KeyValue::new("supplex.overhead", seconds(finished.overhead)),
        KeyValue::new("supplex.attempts", finished.trail.attempts().len() as i64),
        KeyValue::new("supplex.kept", finished.kept.word()),
    ];
    if finished.method == Method::Extension && !finished.method_token.is_empty() {
        said.push(KeyValue::new("http.request.method_original", text(&finished.method_token)));
    }
    if !finished.path.is_empty() {
        said.push(KeyValue::new("url.path", text(&finished.path)));
    }
    if !finished.trail.host().is_empty() {
        said.push(KeyValue::new("server.address", text(finished.trail.host())));
    }
    if let Some(status) = finished.status {
        said.push(KeyValue::new("http.response.status_code", i64::from(status)));
    }
    said.extend(template.map(|template| KeyValue::new("http.route", template)));
    said.extend(route.map(|route| KeyValue::new("supplex.route", route.name.to_string())));
    said.extend(finished.upstream_name(finished.upstream));
    let last = finished.trail.attempts().last();
    let endpoint = last.and_then(|attempt| finished.endpoint(attempt));
    said.extend(endpoint.map(|endpoint| KeyValue::new("supplex.endpoint", endpoint.address.to_string())));
    said.extend(finished.reason.map(|reason| KeyValue::new("supplex.reason", reason.word())));
    if finished.failed {
        said.push(match (finished.reason, finished.status) {
            (Some(reason), _) => KeyValue::new("error.type", reason.word()),
            (None, Some(status)) => KeyValue::new("error.type", status.to_string()),
            (None, None) => KeyValue::new("error.type", "_OTHER"),
        });
    }
    said
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn event_of(finished: &Finished, event: &supplex_engine::trace::Event) -> Event {
    let decision = |word: &'static str| KeyValue::new("supplex.decision", word);
    let waited = |nanos: u64| vec![KeyValue::new("supplex.waited", seconds(nanos))];
    let (name, attributes) = match event.what {
        Happening::Limit { limit, decision: decided, source } => {
            let name = finished.snapshot.limits.get(limit.index()).map(|limit| limit.name.to_string());
            let decided = LimitDecision::ALL.iter().find(|(other, _)| *other == decided).map_or("", |(_, word)| *word);
            let ground = LimitSource::ALL.iter().find(|(other, _)| *other == source).map_or("", |(_, word)| *word);
            let limit = KeyValue::new("supplex.limit", name.unwrap_or_default());
            ("supplex.limit", vec![limit, decision(decided), KeyValue::new("supplex.source", ground)])
        }
        Happening::BreakersOpen { upstream } => {
            let upstream = finished.upstream_name(upstream);
            ("supplex.breaker", upstream.into_iter().chain([decision("refused")]).collect())
        }
        Happening::FellBack { upstream } => {
            ("supplex.fallback", finished.upstream_name(upstream).into_iter().collect())
        }
        Happening::Queued { waited: nanos } => ("supplex.queue", waited(nanos)),
        Happening::Paused { waited: nanos } => ("supplex.backoff", waited(nanos)),
    };
    Event::new(name, finished.at(event.at), attributes, 0)
}
