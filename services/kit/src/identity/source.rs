//! Where the keys of tokens come from: mostly `/.well-known/jwks.json` of svc-users, over plain HTTP inside the network of
//! the services.
//!
//! Caches nothing; `verifier.rs` does.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::time::Duration;

use axum::http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::KeySet;

/// How long fetching keys may take: requests wait for it.
const LIMIT: Duration = Duration::from_secs(2);

/// The longest set of keys that is read, in bytes. One key takes about 150.
const LONGEST: usize = 64 << 10;

/// Something that knows the keys.
pub trait KeySource: Send + Sync + 'static {
    /// The keys that verify tokens now.
    fn keys(&self) -> Pin<Box<dyn Future<Output = Result<KeySet, SourceError>> + Send + '_>>;
}

/// Why there are no keys. The text is for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError(pub String);

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SourceError {}

/// Keys at a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSource {
    /// Host and port, as they stand in the URL.
    authority: String,
    address: String,
    path: String,
}

impl FromStr for HttpSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Uri = text.parse().map_err(|error| format!("`{text}` is not a URL: {error}"))?;
        let (Some("http"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(format!("`{text}` must be such as http://127.0.0.1:7101/.well-known/jwks.json"));
        };
        let address = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80));
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { authority: authority.as_str().to_owned(), address, path })
    }
}

impl HttpSource {
    async fn fetch(&self) -> Result<KeySet, SourceError> {
        let because = |error: &dyn fmt::Display| SourceError(format!("{}{}: {error}", self.authority, self.path));
        let stream = TcpStream::connect(&self.address).await.map_err(|error| because(&error))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| because(&error))?;
        // It ends with the sender, at the end of this function.
        let connection = tokio::spawn(connection);
        let request = Request::get(&self.path)
            .header(header::HOST, &self.authority)
            .header(header::ACCEPT, "application/json")
            .body(Empty::<Bytes>::new());
        let request = request.map_err(|error| because(&error))?;
        let response = sender.send_request(request).await.map_err(|error| because(&error))?;
        if response.status() != StatusCode::OK {
            return Err(because(&response.status()));
        }
        let body = Limited::new(response.into_body(), LONGEST).collect().await.map_err(|error| because(&error))?;
        connection.abort();
        serde_json::from_slice(&body.to_bytes()).map_err(|error| because(&error))
    }
}

impl KeySource for HttpSource {
    fn keys(&self) -> Pin<Box<dyn Future<Output = Result<KeySet, SourceError>> + Send + '_>> {
        Box::pin(async move {
            match tokio::time::timeout(LIMIT, self.fetch()).await {
                Ok(outcome) => outcome,
                Err(_elapsed) => Err(SourceError(format!("{}{}: no answer", self.authority, self.path))),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;

    use super::*;

    async fn serving(routes: Router) -> HttpSource {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, routes).await });
        format!("http://{address}/keys?of=users").parse().expect("a URL")
    }

    #[tokio::test]
    async fn keys_are_fetched() {
        let set = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","kid":"2","alg":"EdDSA","use":"sig"}]}"#;
        let source = serving(Router::new().route("/keys", get(async move || set))).await;
        assert_eq!(source.keys().await.expect("keys").keys.len(), 1);
    }

    #[tokio::test]
    async fn what_is_no_set_of_keys_is_an_error_that_says_where() {
        let long = " ".repeat(LONGEST + 1);
        for routes in [
            Router::new(),
            Router::new().route("/keys", get(async || "nonsense")),
            Router::new().route("/keys", get(async move || long)),
        ] {
            let source = serving(routes).await;
            let error = source.keys().await.expect_err("no keys");
            assert!(error.0.contains("/keys?of=users"), "{error}");
        }
        let nobody: HttpSource = "http://127.0.0.1:1/keys".parse().expect("a URL");
        assert!(nobody.keys().await.is_err());
    }

    #[test]
    fn only_plain_urls_are_taken() {
        assert_eq!("http://users/keys".parse::<HttpSource>().map(|source| source.address), Ok("users:80".into()));
        for wrong in ["", "/keys", "https://users/keys", "users:7101", "http:///keys"] {
            assert!(wrong.parse::<HttpSource>().is_err(), "{wrong:?} was accepted");
        }
    }
}
