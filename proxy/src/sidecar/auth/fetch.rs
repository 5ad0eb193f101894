//! Gets the bytes of a key set, from a file or over plain HTTP. It looks at none of them.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use supplex_engine::config::Jwks;
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::super::driven::driven;

/// The most bytes of a key set.
const SET_MOST: usize = 256 * 1024;

/// The key set, if it comes within `limit`.
///
/// # Errors
/// What went wrong, for a person.
pub(super) async fn fetch(jwks: &Jwks, limit: Duration) -> Result<Vec<u8>, String> {
    let late = || Err(format!("no answer within {limit:?}"));
    match jwks {
        Jwks::File(path) => {
            let path = path.clone();
            match timeout(limit, spawn_blocking(move || read(&path))).await {
                Ok(Ok(result)) => result,
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => late(),
            }
        }
        Jwks::Http { authority, host, port, target } => {
            timeout(limit, get(authority, host, *port, target)).await.unwrap_or_else(|_| late())
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut content = Vec::new();
    file.take(SET_MOST as u64 + 1).read_to_end(&mut content).map_err(|error| error.to_string())?;
    if content.len() > SET_MOST { Err(format!("more than {SET_MOST} bytes")) } else { Ok(content) }
}

async fn get(authority: &str, host: &str, port: u16, target: &str) -> Result<Vec<u8>, String> {
    let stream = TcpStream::connect((host, port)).await.map_err(|error| format!("no connection: {error}"))?;
    let request = Request::get(target)
        .header("host", authority)
        .header("user-agent", "supplex-auth")
        .header("accept", "application/jwk-set+json, application/json")
        .header("connection", "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| format!("no such request can be made: {error}"))?;
    let broken = |error: hyper::Error| format!("no HTTP response: {error}");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(broken)?;
        if response.status() != hyper::StatusCode::OK {
            return Err(format!("status {}", response.status().as_u16()));
        }
        let body = Limited::new(response.into_body(), SET_MOST).collect().await;
        body.map(|body| body.to_bytes().to_vec()).map_err(|error| error.to_string())
    };
    driven(connection, exchange).await
}
