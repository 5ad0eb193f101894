//! One request over a fresh connection: enough to ask a process whether it is well, and for tests of services.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The longest body that is read.
const LONGEST: usize = 16 << 20;

/// A response.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: hyper::HeaderMap,
    /// The body, with what is not UTF-8 replaced.
    pub body: String,
}

/// Asks for `path` at `address`, all within `limit`.
///
/// # Errors
/// In words, when there is no answer.
pub async fn get(address: SocketAddr, path: &str, limit: Duration) -> Result<Answer, String> {
    request(address, "GET", path, &[], limit).await
}

/// Sends a request without a body and with these header fields.
///
/// # Errors
/// In words, when there is no answer.
pub async fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    limit: Duration,
) -> Result<Answer, String> {
    send(address, method, path, headers, "", limit).await
}

/// Sends a request with these header fields and this body.
///
/// # Errors
/// In words, when there is no answer.
pub async fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
    limit: Duration,
) -> Result<Answer, String> {
    let exchange = async {
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(in_words)?;
        let mut request = hyper::Request::builder().method(method).uri(path).header("host", address.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request =
            request.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).map_err(|error| error.to_string())?;
        let answer = async {
            let response = sender.send_request(request).await.map_err(in_words)?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, LONGEST).collect().await.map_err(|error| error.to_string())?.to_bytes();
            let body = String::from_utf8_lossy(&body).into_owned();
            Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
        };
        tokio::pin!(connection, answer);
        tokio::select! {
            answer = &mut answer => answer,
            _ended = &mut connection => answer.await,
        }
    };
    match tokio::time::timeout(limit, exchange).await {
        Ok(outcome) => outcome,
        Err(_elapsed) => Err(format!("no answer within {limit:?}")),
    }
}

fn in_words(error: hyper::Error) -> String {
    match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
