//! One probe of one endpoint: connects, and asks for a path if it is an `http` one.
//!
//! Every probe makes a connection of its own, so that it sees what a new connection would see, and closes it.

use std::fmt;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use memchr::memmem;
use supplex_engine::config::{Address, Endpoint, Probe};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::super::driven::driven;

/// Bytes of a body that are looked at.
const BODY_MOST: usize = 64 * 1024;

/// Why a probe failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// No connection came about.
    Connect(std::io::Error),
    /// It took too long.
    Timeout(Duration),
    /// The connection broke, or what came is not HTTP.
    Broken(hyper::Error),
    /// The path cannot be asked for.
    Request(hyper::http::Error),
    /// A status code that is not expected.
    Status(u16),
    /// The body does not hold what is expected.
    Body,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Connect(error) => write!(f, "no connection: {error} (connect)"),
            Failure::Timeout(limit) => write!(f, "no answer within {limit:?}"),
            Failure::Broken(error) => write!(f, "no HTTP response: {error}"),
            Failure::Request(error) => write!(f, "no such request can be made: {error}"),
            Failure::Status(status) => write!(f, "status {status}"),
            Failure::Body => f.write_str("the body lacks the expected text"),
        }
    }
}

/// Probes the endpoint.
///
/// # Errors
/// Why it is not well.
pub(super) async fn ask(probe: &Probe, endpoint: &Endpoint, limit: Duration) -> Result<(), Failure> {
    let asking = async {
        match &endpoint.address {
            Address::Tcp(address) => {
                let stream = TcpStream::connect(address).await.map_err(Failure::Connect)?;
                over(stream, probe, &endpoint.written).await
            }
            Address::Unix(path) => {
                let stream = UnixStream::connect(path).await.map_err(Failure::Connect)?;
                over(stream, probe, "localhost").await
            }
        }
    };
    timeout(limit, asking).await.unwrap_or(Err(Failure::Timeout(limit)))
}

async fn over(stream: impl AsyncRead + AsyncWrite + Unpin, probe: &Probe, host: &str) -> Result<(), Failure> {
    let Probe::Http { path, expect_status: (first, last), expect_body } = probe else { return Ok(()) };
    let request = Request::get(&**path)
        .header("host", host)
        .header("user-agent", "supplex-probe")
        .header("connection", "close")
        .body(Empty::<Bytes>::new())
        .map_err(Failure::Request)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(Failure::Broken)?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(Failure::Broken)?;
        let status = response.status().as_u16();
        if !(*first..=*last).contains(&status) {
            return Err(Failure::Status(status));
        }
        match expect_body {
            Some(part) => look_for(part, response).await,
            None => Ok(()),
        }
    };
    driven(connection, exchange).await
}

async fn look_for(part: &str, mut response: Response<Incoming>) -> Result<(), Failure> {
    let mut body = Vec::new();
    while let Some(frame) = response.body_mut().frame().await {
        let Ok(data) = frame.map_err(Failure::Broken)?.into_data() else { continue };
        body.extend_from_slice(data.get(..data.len().min(BODY_MOST - body.len())).unwrap_or_default());
        if body.len() >= BODY_MOST {
            break;
        }
    }
    if memmem::find(&body, part.as_bytes()).is_some() { Ok(()) } else { Err(Failure::Body) }
}
