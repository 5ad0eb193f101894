//! One call: its fields, its deadline, its tries, and a bound on what is read.
//!
//! The callee is told how much time is left (`X-Request-Deadline-Ms`, as the gateway does), so that it does not work for
//! nobody. Knows neither products nor payments.

use std::time::Duration;

use axum::http::{HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use supplex_kit::traces;
use tokio::time::{Instant, timeout_at};

use super::again::{Failed, Patience};
use super::{Calls, Peer, Trace};

/// The longest body that is read, in bytes. A reservation of fifty products has about 8000.
const LONGEST: usize = 256 << 10;

/// The longest time that an answer may ask us to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What is sent.
pub(super) struct Call<'a> {
    /// In metrics.
    pub(super) operation: &'static str,
    pub(super) method: Method,
    pub(super) path: String,
    /// The `Idempotency-Key`.
    pub(super) key: Option<String>,
    /// JSON, or nothing.
    pub(super) body: Bytes,
    pub(super) trace: &'a Trace,
    pub(super) patience: Patience,
}

/// What came back.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Bytes,
    /// How long the answer asks us to wait.
    pub(super) retry_after: Option<Duration>,
}

impl Calls {
    /// Sends `call` to `peer`.
    ///
    /// # Errors
    /// In words, when there is no answer in time.
    pub(super) async fn send(&self, peer: &Peer, call: Call<'_>) -> Result<Reply, String> {
        let begun = Instant::now();
        let outcome = self.until(peer, &call, begun + self.timeout).await;
        let result = match &outcome {
            Ok(reply) => class(reply.status),
            Err(_) => "unanswered",
        };
        self.counters.call(peer.name, call.operation, result, begun.elapsed().as_secs_f64());
        outcome.map_err(|why| format!("{}: {why}", peer.name))
    }

    async fn until(&self, peer: &Peer, call: &Call<'_>, deadline: Instant) -> Result<Reply, String> {
        let mut tries = 0;
        loop {
            tries += 1;
            let limit = deadline.min(Instant::now() + call.patience.of_a_try(self.timeout));
            let (failed, outcome) = match self.attempt(peer, call, limit).await {
                Ok(reply) => (Failed::Status(reply.status, reply.retry_after), Ok(reply)),
                Err((failed, why)) => (failed, Err(why)),
            };
            let result = match failed {
                Failed::Connect => "unreachable",
                Failed::Lost => "lost",
                Failed::Status(status, _) => class(status),
            };
            self.counters.attempt(peer.name, result);
            match call.patience.pause(tries, failed, fastrand::f64()) {
                Some(pause) if Instant::now() + pause < deadline => tokio::time::sleep(pause).await,
                _ => return outcome,
            }
        }
    }

    async fn attempt(&self, peer: &Peer, call: &Call<'_>, limit: Instant) -> Result<Reply, (Failed, String)> {
        let mut span = traces::Call::begin(call.trace.traceparent.as_deref(), &call.method, peer.name, &call.path);
        let traceparent = span.traceparent().or_else(|| call.trace.traceparent.clone());
        let request = self.request(peer, call, traceparent, limit);
        let outcome = self.exchange(request.map_err(|error| (Failed::Lost, error.to_string()))?, limit).await;
        match &outcome {
            Ok(reply) => span.answered(reply.status),
            Err((Failed::Connect, _)) => span.failed("connect"),
            Err(_) => span.failed("lost"),
        }
        outcome
    }

    async fn exchange(&self, request: Request<Full<Bytes>>, limit: Instant) -> Result<Reply, (Failed, String)> {
        let exchange = async {
            let response = self.client.request(request).await.map_err(|error| {
                let failed = if error.is_connect() { Failed::Connect } else { Failed::Lost };
                (failed, in_words(&error))
            })?;
            read(response).await.map_err(|why| (Failed::Lost, why))
        };
        let no_answer = |_| (Failed::Lost, "no answer in time".to_owned());
        timeout_at(limit, exchange).await.map_err(no_answer)?
    }

    fn request(
        &self,
        peer: &Peer,
        call: &Call<'_>,
        traceparent: Option<String>,
        limit: Instant,
    ) -> Result<Request<Full<Bytes>>, axum::http::Error> {
        let left = limit.saturating_duration_since(Instant::now()).as_millis();
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(peer.nodes.url(&call.path))
            .header(header::ACCEPT, "application/json, application/problem+json")
            .header("x-request-deadline-ms", left.to_string());
        let given = [
            ("idempotency-key", call.key.as_ref()),
            ("x-request-id", call.trace.request_id.as_ref()),
            ("traceparent", traceparent.as_ref()),
        ];
        for (name, value) in given {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        if let Some(bearer) = self.token.bearer() {
            request = request.header(header::AUTHORIZATION, bearer);
        }
        if !call.body.is_empty() {
            request = request.header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        request.body(Full::new(call.body.clone()))
    }
}

async fn read(response: Response<Incoming>) -> Result<Reply, String> {
    let (parts, body) = response.into_parts();
    let seconds = parts.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let retry_after = seconds.map(Duration::from_secs).map(|wait| wait.min(LONGEST_WAIT));
    let body = Limited::new(body, LONGEST).collect().await.map_err(|error| error.to_string())?.to_bytes();
    Ok(Reply { status: parts.status.as_u16(), body, retry_after })
}

fn class(status: u16) -> &'static str {
    match status {
        200..=299 => "good",
        429 => "limited",
        400..=499 => "refused",
        _ => "failed",
    }
}

/// The client keeps what really happened in the source of an error.
fn in_words(error: &hyper_util::client::legacy::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
