//! A collector of spans: takes OTLP over HTTP and keeps what it is sent.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span as Received;
use prost::Message;

/// A span, as far as a trace is concerned.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) service: String,
    pub(crate) name: String,
    pub(crate) trace: Vec<u8>,
    pub(crate) id: Vec<u8>,
    /// Empty at the root.
    pub(crate) parent: Vec<u8>,
    /// `url.path`.
    pub(crate) path: String,
}

/// A server that takes everything, until the process ends.
#[derive(Clone)]
pub(crate) struct Collector {
    address: SocketAddr,
    spans: Arc<Mutex<Vec<Span>>>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let collector = Self { address, spans: Arc::default() };
        let own = collector.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                // A connection that breaks is its sender's affair.
                thread::spawn(move || own.serve(stream).is_ok());
            }
        });
        collector
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The spans of each trace so far.
    pub(crate) fn traces(&self) -> BTreeMap<Vec<u8>, Vec<Span>> {
        let mut traces = BTreeMap::<_, Vec<Span>>::new();
        for span in self.spans.lock().expect("nobody panics with the lock held").iter() {
            traces.entry(span.trace.clone()).or_default().push(span.clone());
        }
        traces
    }

    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut writer = stream;
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                let line = line.trim().to_ascii_lowercase();
                if line.is_empty() {
                    break;
                }
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().map_err(io::Error::other)?;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            let request = ExportTraceServiceRequest::decode(&body[..]).map_err(io::Error::other)?;
            self.spans.lock().expect("nobody panics with the lock held").extend(spans_of(request));
            writer
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")?;
        }
    }
}

fn spans_of(request: ExportTraceServiceRequest) -> Vec<Span> {
    let of_resource = |resource: opentelemetry_proto::tonic::trace::v1::ResourceSpans| {
        let attributes = resource.resource.map(|resource| resource.attributes).unwrap_or_default();
        let service = text(&attributes, "service.name");
        let read = move |span: Received| Span {
            service: service.clone(),
            path: text(&span.attributes, "url.path"),
            name: span.name,
            trace: span.trace_id,
            id: span.span_id,
            parent: span.parent_span_id,
        };
        resource.scope_spans.into_iter().flat_map(|scope| scope.spans).map(read).collect::<Vec<_>>()
    };
    request.resource_spans.into_iter().flat_map(of_resource).collect()
}

fn text(attributes: &[opentelemetry_proto::tonic::common::v1::KeyValue], key: &str) -> String {
    let value = attributes.iter().find(|attribute| attribute.key == key).and_then(|found| found.value.as_ref());
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        _ => String::new(),
    }
}
