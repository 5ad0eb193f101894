//! A collector of spans: takes OTLP over HTTP and keeps what it is sent, decoded.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span as Received;
use prost::Message as _;

use super::{Upstream, wait_for};

/// A span as it was received.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    /// `service.name` of its resource.
    pub(crate) service: String,
    pub(crate) name: String,
    /// `SERVER` or `CLIENT`.
    pub(crate) kind: &'static str,
    /// Ids in hexadecimal; the parent is empty when there is none.
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    /// Nanoseconds since 1970.
    pub(crate) begun: u64,
    pub(crate) ended: u64,
    /// Whether its status is an error.
    pub(crate) failed: bool,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) events: Vec<(String, BTreeMap<String, String>)>,
}

/// A server that takes spans.
pub(crate) struct Collector {
    upstream: Upstream,
    spans: Arc<Mutex<Vec<Span>>>,
}

impl Collector {
    /// Takes everything.
    pub(crate) fn start() -> Self {
        let spans = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&spans);
        let upstream = Upstream::run(move |peer| {
            while let Some(request) = peer.request() {
                assert_eq!(request.start, "POST /v1/traces HTTP/1.1");
                assert_eq!(request.field("content-type"), Some("application/x-protobuf"));
                let decoded = ExportTraceServiceRequest::decode(&request.body[..]).expect("OTLP in protobuf");
                taken.lock().expect("nobody panics with the lock held").extend(spans_of(decoded));
                peer.send("HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n");
            }
        });
        Self { upstream, spans }
    }

    /// The `[telemetry]` table of a configuration that sends spans here; `keys` stand in it as well.
    pub(crate) fn table(&self, keys: &str) -> String {
        table(&self.upstream.address(), keys)
    }

    /// What it has received.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.spans.lock().expect("nobody panics with the lock held").clone()
    }

    /// Waits until there are so many spans at least, and returns all.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Span> {
        wait_for(&format!("{count} spans"), || Some(self.spans()).filter(|spans| spans.len() >= count))
    }
}

/// As [`Collector::table`], for any address.
pub(crate) fn table(address: &str, keys: &str) -> String {
    format!("[telemetry]\notlp_endpoint = \"http://{address}\"\nslow_after = \"24h\"\n{keys}\n")
}

impl Span {
    /// An attribute, as text; empty when it has none of this name.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    /// Whether it is a SERVER span.
    pub(crate) fn is_server(&self) -> bool {
        self.kind == "SERVER"
    }
}

fn spans_of(request: ExportTraceServiceRequest) -> Vec<Span> {
    let mut spans = Vec::new();
    for resource in request.resource_spans {
        let of = texts(resource.resource.expect("a resource").attributes);
        let service = of.get("service.name").expect("a name").clone();
        for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            spans.push(read(span, service.clone()));
        }
    }
    spans
}

fn read(span: Received, service: String) -> Span {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!((span.trace_id.len(), span.span_id.len()), (16, 8));
    Span {
        service,
        name: span.name,
        kind: match span.kind {
            2 => "SERVER",
            3 => "CLIENT",
            other => panic!("a span of kind {other}"),
        },
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        begun: span.start_time_unix_nano,
        ended: span.end_time_unix_nano,
        failed: span.status.is_some_and(|status| status.code == 2),
        attributes: texts(span.attributes),
        events: span.events.into_iter().map(|event| (event.name, texts(event.attributes))).collect(),
    }
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |attribute: KeyValue| {
        let value = match attribute.value.and_then(|value| value.value).expect("a value") {
            Value::StringValue(text) => text,
            Value::IntValue(number) => number.to_string(),
            Value::DoubleValue(number) => number.to_string(),
            Value::BoolValue(flag) => flag.to_string(),
            other => panic!("an attribute {other:?}"),
        };
        (attribute.key, value)
    };
    attributes.into_iter().map(text).collect()
}
