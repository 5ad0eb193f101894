//! Questions to the admin endpoint, each on a connection of its own and with an end in time.

use std::fmt;
use std::net::SocketAddr;
use std::pin::pin;
use std::str::FromStr;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// For one question, from connecting to the last byte.
const PATIENCE: Duration = Duration::from_secs(3);
/// Bytes of an answer; a configuration with thousands of routes has a few million.
const BYTES_MOST: usize = 64 << 20;

/// Where the admin endpoint is: a host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place(String);

impl Place {
    /// At this address.
    pub(super) fn of(address: SocketAddr) -> Self {
        Self(address.to_string())
    }
}

impl FromStr for Place {
    type Err = String;

    /// `http://HOST:PORT`; the scheme may be left away.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("https://") {
            return Err("the admin endpoint speaks plain HTTP: http://HOST:PORT".to_owned());
        }
        let rest = text.strip_prefix("http://").unwrap_or(text);
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let is_authority = match authority.rsplit_once(':') {
            Some((host, port)) => !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0),
            None => false,
        };
        let plain = authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte));
        if is_authority && plain {
            Ok(Self(authority.to_owned()))
        } else {
            Err("write it as http://HOST:PORT".to_owned())
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why there is no answer to a question.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nobody is there, or nobody who speaks HTTP.
    Gone(Place, String),
    /// The token is missing or wrong.
    Token(Place),
    /// There is no such path.
    Missing,
    /// Something else than an answer.
    Refused(&'static str, String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Gone(place, why) => write!(f, "the gateway at {place} does not answer: {why}"),
            Failure::Token(place) => write!(
                f,
                "the gateway at {place} asks for its admin token: use --config FILE, or set SUPPLEX_ADMIN_TOKEN"
            ),
            Failure::Missing => f.write_str("the gateway does not know this question; is it an older one?"),
            Failure::Refused(path, why) => write!(f, "{path}: {why}"),
        }
    }
}

/// The admin endpoint of one gateway.
#[derive(Debug)]
pub(super) struct Admin {
    place: Place,
    token: Option<String>,
}

impl Admin {
    pub(super) fn new(place: Place, token: Option<String>) -> Self {
        Self { place, token }
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// A document.
    ///
    /// # Errors
    /// When there is no answer, or it is not this document.
    pub(super) async fn document<T: DeserializeOwned>(&self, path: &'static str) -> Result<T, Failure> {
        let bytes = self.ask(path).await?;
        serde_json::from_slice(&bytes).map_err(|error| Failure::Refused(path, format!("cannot be read: {error}")))
    }

    /// A text.
    ///
    /// # Errors
    /// When there is no answer.
    pub(super) async fn text(&self, path: &'static str) -> Result<String, Failure> {
        Ok(String::from_utf8_lossy(&self.ask(path).await?).into_owned())
    }

    async fn ask(&self, path: &'static str) -> Result<Bytes, Failure> {
        let gone = |why: String| Failure::Gone(self.place.clone(), why);
        let answer = timeout(PATIENCE, self.exchange(path)).await;
        let (status, body) = answer.map_err(|_| gone(format!("not within {PATIENCE:?}")))?.map_err(gone)?;
        match status {
            StatusCode::OK => Ok(body),
            StatusCode::UNAUTHORIZED => Err(Failure::Token(self.place.clone())),
            StatusCode::NOT_FOUND => Err(Failure::Missing),
            other => Err(Failure::Refused(path, format!("status {}", other.as_u16()))),
        }
    }

    async fn exchange(&self, path: &str) -> Result<(StatusCode, Bytes), String> {
        let stream = TcpStream::connect(&self.place.0).await.map_err(|error| error.to_string())?;
        let mut request = Request::get(path).header("host", &self.place.0).header("connection", "close");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Empty::<Bytes>::new()).map_err(|error| error.to_string())?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
            let status = response.status();
            let body = Limited::new(response.into_body(), BYTES_MOST).collect().await;
            Ok::<_, String>((status, body.map_err(|error| error.to_string())?.to_bytes()))
        };
        let (mut connection, mut exchange) = (pin!(connection), pin!(exchange));
        // The connection carries the exchange and ends with it; only the exchange has something to tell.
        tokio::select! {
            answer = &mut exchange => answer,
            _ = &mut connection => exchange.await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_a_host_and_a_port() {
        for (text, wanted) in [
            ("http://127.0.0.1:9900", "127.0.0.1:9900"),
            ("http://127.0.0.1:9900/", "127.0.0.1:9900"),
            ("localhost:1", "localhost:1"),
            ("http://[::1]:9900", "[::1]:9900"),
            ("gateway-1.internal:65535", "gateway-1.internal:65535"),
        ] {
            assert_eq!(text.parse(), Ok(Place(wanted.to_owned())), "{text}");
        }
        for text in [
            "",
            "nowhere",
            "http://",
            ":9900",
            "a:b",
            "a:0",
            "a:70000",
            "https://a:1",
            "http://a:1/x",
            "a b:1",
            "a:1\r\n",
        ] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}
