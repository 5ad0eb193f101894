//! What an exchange says as spans: one of kind SERVER for the whole, and one of kind CLIENT below it for each attempt.
//!
//! Names follow OpenTelemetry's conventions for HTTP; what they have no word for begins with `supplex.`. Nothing of a query
//! or of a field's value is recorded but the id of the request and the host, for either may hold a secret.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{Event, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use supplex_engine::config::UpstreamId;
use supplex_engine::http1::Method;
use supplex_engine::trace;

use super::{client_span, server_span};
use crate::link::spans::Finished;

/// The spans of an exchange.
pub(super) fn spans_of(finished: &Finished) -> Vec<SpanData> {
    let mut attempts: Vec<_> = finished.trail.attempts().iter().collect();
    attempts.sort_by_key(|attempt| attempt.begun);
    let server = server_span::of(finished);
    let clients = attempts.into_iter().enumerate().map(|(at, attempt)| client_span::of(finished, attempt, at));
    std::iter::once(server).chain(clients).collect()
}

/// What is different in every span.
pub(super) struct Said {
    pub(super) span: trace::SpanId,
    pub(super) parent: Option<trace::SpanId>,
    pub(super) parent_is_remote: bool,
    pub(super) kind: SpanKind,
    pub(super) name: Cow<'static, str>,
    /// On the worker's clock.
    pub(super) begun: u64,
    pub(super) ended: u64,
    pub(super) attributes: Vec<KeyValue>,
    pub(super) events: Vec<Event>,
    pub(super) missed_events: u32,
    pub(super) status: Status,
}

impl Said {
    /// The whole span.
    pub(super) fn in_trace_of(self, finished: &Finished) -> SpanData {
        let mut events = SpanEvents::default();
        (events.events, events.dropped_count) = (self.events, self.missed_events);
        let trace = TraceId::from_bytes(finished.trace.number().to_be_bytes());
        SpanData {
            span_context: SpanContext::new(
                trace,
                id(self.span),
                TraceFlags::new(finished.flags.bits()),
                false,
                TraceState::NONE,
            ),
            parent_span_id: self.parent.map_or(SpanId::INVALID, id),
            parent_span_is_remote: self.parent_is_remote,
            span_kind: self.kind,
            name: self.name,
            start_time: finished.at(self.begun),
            end_time: finished.at(self.ended.max(self.begun)),
            attributes: self.attributes,
            dropped_attributes_count: 0,
            events,
            links: SpanLinks::default(),
            status: self.status,
            instrumentation_scope: scope(),
        }
    }
}

impl Finished {
    /// The time of day at a moment of the worker's clock.
    pub(super) fn at(&self, nanos: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_nanos(nanos.wrapping_add(self.since_1970))
    }

    /// The method, as conventions have it.
    pub(super) fn method(&self) -> KeyValue {
        let known = if self.method == Method::Extension { "_OTHER" } else { self.method.label() };
        KeyValue::new("http.request.method", known)
    }

    /// The method in the name of a span.
    pub(super) fn method_in_names(&self) -> &'static str {
        if self.method == Method::Extension { "HTTP" } else { self.method.label() }
    }

    /// The name of an upstream.
    pub(super) fn upstream_name(&self, id: Option<UpstreamId>) -> Option<KeyValue> {
        let upstream = self.snapshot.upstreams.get(id?.index())?;
        Some(KeyValue::new("supplex.upstream", upstream.name.to_string()))
    }
}

fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("supplex").with_version(env!("CARGO_PKG_VERSION")).build()
}

fn id(span: trace::SpanId) -> SpanId {
    SpanId::from_bytes(span.number().to_be_bytes())
}

/// Text of a client's, whatever its bytes are.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Nanoseconds as the seconds that conventions want.
pub(super) fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}
