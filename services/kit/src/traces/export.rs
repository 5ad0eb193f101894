//! Sends spans that are over, in batches, from a task of its own. Its queue is bounded, and so is the time of everything.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// Spans that may wait.
const QUEUE: usize = 4096;
/// Spans in one batch at most.
const BATCH: usize = 512;
/// How long a batch waits for more.
const LINGER: Duration = Duration::from_millis(200);
/// How long a collector may take over a batch.
const LIMIT: Duration = Duration::from_secs(3);
/// How long the end waits for what is left.
const FLUSH: Duration = Duration::from_secs(2);
/// The longest answer that is read, in bytes.
const LONGEST: usize = 64 << 10;

/// The way to the collector.
#[derive(Debug)]
pub(super) struct Export {
    url: String,
    queue: mpsc::Sender<SpanData>,
    flushes: mpsc::Sender<oneshot::Sender<()>>,
}

impl Export {
    /// The one that the environment wants, with its task.
    ///
    /// # Errors
    /// In words, when it cannot be had.
    pub(super) fn from_environment(service: &'static str) -> Result<Option<Self>, String> {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let below = |base: String| format!("{}/v1/traces", base.trim_end_matches('/'));
        let whole = set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let Some(url) = whole.or_else(|| set("OTEL_EXPORTER_OTLP_ENDPOINT").map(below)) else { return Ok(None) };
        if !url.starts_with("http://") {
            return Err(format!("{url} is not a URL of plain HTTP"));
        }
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(&url)
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(LIMIT)
            .with_http_client(Post(Client::builder(TokioExecutor::new()).build_http()))
            .build()
            .map_err(|error| error.to_string())?;
        let name = set("OTEL_SERVICE_NAME").unwrap_or_else(|| service.to_owned());
        exporter.set_resource(&Resource::builder().with_service_name(name).build());
        let ((queue, spans), (flushes, asked)) = (mpsc::channel(QUEUE), mpsc::channel(1));
        tokio::spawn(run(exporter, spans, asked));
        Ok(Some(Self { url, queue, flushes }))
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Leaves a span. One that does not fit is dropped.
    pub(super) fn leave(&self, span: SpanData) {
        if self.queue.try_send(span).is_err() {
            tracing::debug!("a span is dropped: the collector is behind");
        }
    }

    /// Waits until everything left so far is sent, for a while.
    pub(super) async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        let flushed = async {
            if self.flushes.send(done).await.is_ok() {
                let _gone = wait.await;
            }
        };
        if timeout(FLUSH, flushed).await.is_err() {
            tracing::warn!("spans were not exported in time");
        }
    }
}

async fn run(
    exporter: SpanExporter,
    mut spans: mpsc::Receiver<SpanData>,
    mut flushes: mpsc::Receiver<oneshot::Sender<()>>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let asked = tokio::select! {
            asked = flushes.recv() => asked,
            came = spans.recv_many(&mut batch, BATCH) => {
                if came == 0 {
                    return;
                }
                // Whoever comes shortly after goes along.
                timeout(LINGER, flushes.recv()).await.unwrap_or_default()
            }
        };
        fill(&mut batch, &mut spans);
        while !batch.is_empty() {
            send(&exporter, std::mem::take(&mut batch)).await;
            fill(&mut batch, &mut spans);
        }
        if let Some(done) = asked {
            let _gone = done.send(());
        }
    }
}

fn fill(batch: &mut Vec<SpanData>, spans: &mut mpsc::Receiver<SpanData>) {
    while batch.len() < BATCH
        && let Ok(span) = spans.try_recv()
    {
        batch.push(span);
    }
}

async fn send(exporter: &SpanExporter, batch: Vec<SpanData>) {
    let count = batch.len();
    match timeout(LIMIT, exporter.export(batch)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, count, "spans are dropped"),
        Err(_elapsed) => tracing::debug!(count, "spans are dropped: the collector does not answer"),
    }
}

/// Posts batches.
#[derive(Debug)]
struct Post(Client<HttpConnector, Full<Bytes>>);

impl Post {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = self.0.request(request.map(Full::new)).await?.into_parts();
        let body = Limited::new(body, LONGEST).collect().await?.to_bytes();
        Ok(Response::from_parts(parts, body))
    }
}

// Written out as `async_trait` would.
impl HttpClient for Post {
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
