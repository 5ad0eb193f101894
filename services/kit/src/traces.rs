//! Traces: what this process did for requests that are part of a sampled trace, told to a collector by OTLP.
//!
//! A request with a sampled `traceparent` makes a span of kind SERVER, and its `traceparent` is replaced by one that names
//! that span, so that whatever is passed on to others hangs below it; a call to another service makes a span of kind CLIENT
//! in the same way ([`Call`]). A request without a parent is nobody's part and makes none: whether a trace is sampled is the
//! gateway's decision. Without `OTEL_EXPORTER_OTLP_ENDPOINT` nothing is recorded, and every `traceparent` stays as it came.
//!
//! Nothing here waits for a collector; what it does not take is dropped. Where to read on: `traces/parent.rs` reads and
//! writes `traceparent`, `traces/open.rs` is a span under way, `traces/export.rs` sends those that are over.

mod export;
mod open;
mod parent;

use std::sync::OnceLock;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;

use self::export::Export;
use self::open::Open;
use self::parent::Parent;
use crate::requests::known_method;

/// What conventions call a method that not everybody knows.
const OTHER_METHOD: &str = "_OTHER";

/// Where spans go, once there is somewhere.
static EXPORT: OnceLock<Export> = OnceLock::new();

/// Begins to record, if the environment says where to (`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` as a whole URL, or
/// `OTEL_EXPORTER_OTLP_ENDPOINT`; plain HTTP). `service` is what the process is called unless `OTEL_SERVICE_NAME` calls it
/// otherwise. To be called within a runtime, once.
pub fn start(service: &'static str) {
    match Export::from_environment(service) {
        Ok(Some(export)) => {
            tracing::info!(url = export.url(), "spans are exported");
            let _already = EXPORT.set(export);
        }
        Ok(None) => {}
        Err(why) => tracing::warn!(why, "spans are not exported"),
    }
}

/// Sends what is left, within a few seconds. To be called when everything else is over.
pub async fn finish() {
    if let Some(export) = EXPORT.get() {
        export.flush().await;
    }
}

/// Records a request.
pub(crate) async fn record(mut request: Request, next: Next) -> Response {
    let Some(mut span) = begin(&mut request) else { return next.run(request).await };
    let response = next.run(request).await;
    span.answered(response.status().as_u16(), 500);
    response
}

fn begin(request: &mut Request) -> Option<Open> {
    let export = EXPORT.get()?;
    let parent = Parent::sampled(crate::traceparent(request.headers())?)?;
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let method = known_method(request.method()).unwrap_or(OTHER_METHOD);
    let name = route.as_ref().map_or_else(|| method.to_owned(), |route| format!("{method} {route}"));
    let mut attributes = vec![
        KeyValue::new("http.request.method", method),
        KeyValue::new("url.path", request.uri().path().to_owned()),
        KeyValue::new("url.scheme", "http"),
    ];
    attributes.extend(route.map(|route| KeyValue::new("http.route", route)));
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok());
    attributes.extend(id.map(|id| KeyValue::new("supplex.request_id", id.to_owned())));
    let span = Open::begin(export, parent, SpanKind::Server, name, attributes);
    let own = HeaderValue::from_str(&span.traceparent()).ok()?;
    request.headers_mut().insert("traceparent", own);
    Some(span)
}

/// One try of a call to another service. It is over when it is dropped.
#[derive(Debug)]
pub struct Call(Option<Open>);

impl Call {
    /// Begins, as a part of what `traceparent` names. `peer` is the name of the other service.
    #[must_use]
    pub fn begin(traceparent: Option<&str>, method: &Method, peer: &'static str, path: &str) -> Self {
        let begun = EXPORT.get().zip(traceparent.and_then(Parent::sampled)).map(|(export, parent)| {
            let method = known_method(method).unwrap_or(OTHER_METHOD);
            let attributes = vec![
                KeyValue::new("http.request.method", method),
                KeyValue::new("url.path", path.to_owned()),
                KeyValue::new("peer.service", peer),
            ];
            Open::begin(export, parent, SpanKind::Client, method.to_owned(), attributes)
        });
        Self(begun)
    }

    /// What the other service is to be told in place of the `traceparent` that this began with; `None`: the same.
    #[must_use]
    pub fn traceparent(&self) -> Option<String> {
        self.0.as_ref().map(Open::traceparent)
    }

    /// It was answered with this status.
    pub fn answered(&mut self, status: u16) {
        if let Some(span) = &mut self.0 {
            span.answered(status, 400);
        }
    }

    /// There was no answer.
    pub fn failed(&mut self, why: &'static str) {
        if let Some(span) = &mut self.0 {
            span.failed(why);
        }
    }
}
