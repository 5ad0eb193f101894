//! Requests on connections that are kept: sends one, reads the whole answer, and says what it was.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;

use super::sample::Outcome;

/// How long a request may take. Longer than anything that the gateway lets happen.
const LIMIT: Duration = Duration::from_secs(10);

/// The longest body that is read.
const LONGEST: usize = 1 << 20;

/// How many connections are made before one is used a second time, so that all workers of the gateway have some.
const SPREAD: usize = 12;

/// A request.
pub type Request = hyper::Request<Full<Bytes>>;

pub(super) type Sender = SendRequest<Full<Bytes>>;

/// Idle connections to one address, the one that waits longest first.
pub(super) struct Pool {
    address: SocketAddr,
    idle: Mutex<VecDeque<Sender>>,
}

impl Pool {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address, idle: Mutex::default() }
    }

    async fn take(&self) -> Result<Sender, String> {
        loop {
            let idle = {
                let mut idle = self.idle();
                if idle.len() < SPREAD { None } else { idle.pop_front() }
            };
            match idle {
                Some(sender) if sender.is_closed() => {}
                Some(sender) => return Ok(sender),
                None => return self.connect().await,
            }
        }
    }

    async fn connect(&self) -> Result<Sender, String> {
        let stream = TcpStream::connect(self.address).await.map_err(|error| format!("connect: {}", error.kind()))?;
        stream.set_nodelay(true).map_err(|error| format!("connect: {}", error.kind()))?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| in_words(&error))?;
        // Its end shows in every later use of the sender.
        tokio::spawn(connection);
        Ok(sender)
    }

    /// Takes a connection back once it can be used again.
    pub(super) async fn put(&self, mut sender: Sender) {
        if sender.ready().await.is_ok() {
            self.idle().push_back(sender);
        }
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<Sender>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends a request and says what became of it, and on which connection, if that can be used again.
pub(super) async fn exchange(pool: &Pool, request: Request) -> (Outcome, Option<Sender>) {
    match tokio::time::timeout(LIMIT, send(pool, request)).await {
        Ok(Ok((outcome, sender))) => (outcome, Some(sender)),
        Ok(Err(what)) => (Outcome::None(what), None),
        Err(_elapsed) => (Outcome::None(format!("no answer within {} s", LIMIT.as_secs())), None),
    }
}

#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default)]
    reason: String,
}

async fn send(pool: &Pool, request: Request) -> Result<(Outcome, Sender), String> {
    let mut sender = pool.take().await?;
    let response = sender.send_request(request).await.map_err(|error| in_words(&error))?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), LONGEST).collect().await;
    let body = body.map_err(|_| "the answer was cut".to_owned())?.to_bytes();
    let problem = if status < 400 { Problem::default() } else { serde_json::from_slice(&body).unwrap_or_default() };
    Ok((Outcome::Answer { status, reason: problem.reason }, sender))
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
