//! One shopper's connection to the gateway: kept between requests, made anew when it is gone.
//!
//! Sends what it is told and judges nothing. A request goes out a second time only when the connection was gone before
//! any of it was sent.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::step::Reply;
use crate::target::Target;

/// How long an answer may take. Longer than anything that the gateway lets happen.
const LIMIT: Duration = Duration::from_secs(30);

/// The longest body that is read.
const LONGEST: usize = 4 << 20;

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: &'static str,
    /// The path, with the query.
    pub path: String,
    /// Fields besides those that every request has.
    pub headers: Vec<(&'static str, String)>,
    /// The body, sent as JSON.
    pub body: Option<Value>,
}

impl Request {
    /// A request without a body.
    #[must_use]
    pub fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: None }
    }

    /// With another field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a body.
    #[must_use]
    pub fn json(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Whether sending it twice has no other effect than sending it once.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        self.method != "POST" || self.headers.iter().any(|(name, _)| *name == "idempotency-key")
    }

    fn build(&self, client: &Client) -> Result<hyper::Request<Full<Bytes>>, String> {
        let mut request = hyper::Request::builder().method(self.method).uri(&self.path).header("host", &client.host);
        if let Some(address) = &client.forwarded {
            request = request.header("x-forwarded-for", address);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let body = match &self.body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        request.body(Full::new(body)).map_err(|error| error.to_string())
    }
}

/// A client with one connection.
#[derive(Debug)]
pub struct Client {
    gateway: SocketAddr,
    host: String,
    /// Whose address is sent along, so that shoppers on one machine can be told apart.
    forwarded: Option<String>,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Client {
    /// A client of the gateway.
    #[must_use]
    pub fn new(target: &Target, forwarded: Option<String>) -> Self {
        Self { gateway: target.gateway, host: target.host.clone(), forwarded, sender: None }
    }

    /// Sends a request and reads the whole answer. Says how long that took, with what it took to connect.
    pub async fn send(&mut self, request: &Request) -> (Duration, Result<Reply, String>) {
        let begun = Instant::now();
        let outcome = match tokio::time::timeout(LIMIT, self.exchange(request)).await {
            Ok(outcome) => outcome,
            Err(_elapsed) => Err(format!("no answer within {} s", LIMIT.as_secs())),
        };
        if outcome.is_err() {
            self.sender = None;
        }
        (begun.elapsed(), outcome)
    }

    async fn exchange(&mut self, request: &Request) -> Result<Reply, String> {
        let kept = self.sender.take().filter(|sender| !sender.is_closed());
        if let Some(sender) = kept {
            match self.send_on(sender, request).await {
                // It was closed while it lay idle, and nothing was sent.
                Err(error) if error.is_canceled() => {}
                Err(error) => return Err(in_words(&error)),
                Ok(outcome) => return outcome,
            }
        }
        let sender = self.connect().await?;
        self.send_on(sender, request).await.map_err(|error| in_words(&error))?
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, String> {
        let stream = TcpStream::connect(self.gateway).await;
        let stream = stream.map_err(|error| format!("cannot connect to {}: {}", self.gateway, error.kind()))?;
        stream.set_nodelay(true).map_err(|error| format!("cannot connect to {}: {}", self.gateway, error.kind()))?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| in_words(&error))?;
        // Its end shows in every later use of the sender.
        tokio::spawn(connection);
        Ok(sender)
    }

    async fn send_on(
        &mut self,
        mut sender: SendRequest<Full<Bytes>>,
        request: &Request,
    ) -> Result<Result<Reply, String>, hyper::Error> {
        let built = match request.build(self) {
            Ok(built) => built,
            Err(what) => return Ok(Err(what)),
        };
        sender.ready().await?;
        let (parts, body) = sender.send_request(built).await?.into_parts();
        let Ok(body) = Limited::new(body, LONGEST).collect().await else {
            return Ok(Err("the answer was cut".to_owned()));
        };
        self.sender = Some(sender);
        let body = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
        Ok(Ok(Reply { status: parts.status.as_u16(), headers: parts.headers, body }))
    }
}

fn in_words(error: &hyper::Error) -> String {
    let kind = match error {
        error if error.is_incomplete_message() => "the connection was closed",
        error if error.is_canceled() => "the connection was gone",
        error if error.is_parse() => "the answer is not HTTP",
        _ => "the connection broke",
    };
    kind.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_repeatable_only_with_a_key() {
        assert!(Request::new("GET", "/").is_repeatable());
        assert!(!Request::new("POST", "/").is_repeatable());
        assert!(Request::new("POST", "/").with("idempotency-key", "1").is_repeatable());
    }

    #[tokio::test]
    async fn nobody_there_is_said_in_words() {
        let target = Target { gateway: ([127, 0, 0, 1], 1).into(), host: "x".into(), stack: None };
        let (_, outcome) = Client::new(&target, None).send(&Request::new("GET", "/")).await;
        assert!(outcome.expect_err("nobody").contains("cannot connect to 127.0.0.1:1"));
    }
}
