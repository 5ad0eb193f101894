//! The HTTP that batches travel by: one connection for each, nothing of which outlives the batch.
//!
//! It trusts a collector with nothing: the answer is read up to a bound, within the time that the exporter allows. What went
//! wrong and what the collector says it has dropped is noted here, because the library tells neither.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, HeaderValue};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use supplex_engine::config::Collector;
use tokio::net::TcpStream;

use super::super::driven::driven;

/// The most bytes of an answer.
const ANSWER_MOST: usize = 64 * 1024;

/// What the exporter wants to know about its last batch.
#[derive(Debug, Default)]
pub(super) struct Notes(Mutex<(u64, Option<String>)>);

impl Notes {
    /// How many spans the collector says it has dropped, and why there was no answer. Forgets both.
    pub(super) fn take(&self) -> (u64, Option<String>) {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, rejected: u64, why: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (rejected, why);
    }
}

/// The way to one collector.
#[derive(Debug)]
pub(super) struct Client {
    collector: Collector,
    notes: Arc<Notes>,
}

impl Client {
    pub(super) fn new(collector: Collector, notes: Arc<Notes>) -> Self {
        Self { collector, notes }
    }

    async fn post(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let Collector { authority, host, port, target } = &self.collector;
        let unusable = |what: &str| format!("{what} cannot be sent in a request");
        let (mut parts, body) = request.into_parts();
        parts.uri = target.parse::<Uri>().map_err(|_| unusable("the path of the URL"))?;
        let named = HeaderValue::from_str(authority).map_err(|_| unusable("the host of the URL"))?;
        parts.headers.insert(HOST, named);
        parts.headers.insert(CONNECTION, HeaderValue::from_static("close"));
        let stream = TcpStream::connect((&**host, *port)).await.map_err(|error| format!("no connection: {error}"))?;
        let broken = |error: hyper::Error| format!("no HTTP response: {error}");
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        let exchange = async {
            let response = sender.send_request(Request::from_parts(parts, Full::new(body))).await.map_err(broken)?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, ANSWER_MOST).collect().await;
            let body = body.map_err(|error| format!("the answer cannot be read: {error}"))?;
            Ok(Response::from_parts(parts, body.to_bytes()))
        };
        driven(connection, exchange).await
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        self.notes.take();
        match self.post(request).await {
            Ok(response) => {
                self.notes.set(if response.status().is_success() { rejected(response.body()) } else { 0 }, None);
                Ok(response)
            }
            Err(why) => {
                self.notes.set(0, Some(why.clone()));
                Err(why.into())
            }
        }
    }
}

/// How many spans a collector that took the batch says it has not taken. One that answers nonsense has said nothing.
fn rejected(answer: &[u8]) -> u64 {
    let partial = ExportTraceServiceResponse::decode(answer).ok().and_then(|answer| answer.partial_success);
    partial.map_or(0, |partial| u64::try_from(partial.rejected_spans).unwrap_or(0))
}

// Written out as `async_trait` would.
impl HttpClient for Client {
    fn send_bytes<'life, 'async_trait>(
        &'life self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'async_trait>>
    where
        'life: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(self.send(request))
    }
}
