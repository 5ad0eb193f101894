//! A span under way. It is over, and on its way to the collector, when it is dropped: however a request ends.

use std::time::SystemTime;

use opentelemetry::trace::{SpanContext, SpanKind, Status, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SpanData, SpanEvents, SpanLinks};

use super::export::Export;
use super::parent::Parent;

/// A span that has begun.
#[derive(Debug)]
pub(super) struct Open {
    export: &'static Export,
    /// Who it is.
    own: Parent,
    span: Option<SpanData>,
}

impl Open {
    pub(super) fn begin(
        export: &'static Export,
        parent: Parent,
        kind: SpanKind,
        name: String,
        attributes: Vec<KeyValue>,
    ) -> Self {
        let own = Parent { span: RandomIdGenerator::default().new_span_id(), ..parent };
        let now = SystemTime::now();
        let span = SpanData {
            span_context: SpanContext::new(own.trace, own.span, own.flags, false, TraceState::NONE),
            parent_span_id: parent.span,
            parent_span_is_remote: kind == SpanKind::Server,
            span_kind: kind,
            name: name.into(),
            start_time: now,
            end_time: now,
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: InstrumentationScope::builder("supplex-kit").build(),
        };
        Self { export, own, span: Some(span) }
    }

    /// What names it to others.
    pub(super) fn traceparent(&self) -> String {
        self.own.write()
    }

    /// The answer has this status; from `error_from` on that is an error.
    pub(super) fn answered(&mut self, status: u16, error_from: u16) {
        let Some(span) = &mut self.span else { return };
        span.attributes.push(KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= error_from {
            span.attributes.push(KeyValue::new("error.type", status.to_string()));
            span.status = Status::error("");
        }
    }

    /// There is no answer.
    pub(super) fn failed(&mut self, why: &'static str) {
        let Some(span) = &mut self.span else { return };
        span.attributes.push(KeyValue::new("error.type", why));
        span.status = Status::error("");
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(mut span) = self.span.take() {
            span.end_time = SystemTime::now();
            self.export.leave(span);
        }
    }
}
