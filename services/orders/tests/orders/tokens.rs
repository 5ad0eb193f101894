//! Access tokens of a test: signed with a key that is made for it, and published by a small server as svc-users does.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use supplex_kit::identity::{AUDIENCE, Claims, ISSUER, KeySet, PublicKey, Role};
use uuid::Uuid;

/// Gives out access tokens.
pub(crate) struct Tokens {
    private: Vec<u8>,
    /// Where its key is.
    pub(crate) jwks_url: String,
}

impl Tokens {
    /// Makes a key and publishes it for as long as the test runs.
    pub(crate) async fn start() -> Self {
        let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key").as_ref().to_vec();
        let pair = Ed25519KeyPair::from_pkcs8(&private).expect("a key");
        let key = PublicKey::ed25519("of-a-test".into(), URL_SAFE_NO_PAD.encode(pair.public_key()));
        let keys = Json(KeySet { keys: vec![key] });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let jwks_url = format!("http://{}/.well-known/jwks.json", listener.local_addr().expect("an address"));
        let routes = Router::new().route("/.well-known/jwks.json", get(move || async { keys }));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { private, jwks_url }
    }

    /// A token of `user`.
    pub(crate) fn token(&self, user: Uuid, role: Role) -> String {
        let iat = i64::try_from(jsonwebtoken::get_current_timestamp()).expect("a time");
        let (iss, aud) = (ISSUER.to_owned(), AUDIENCE.to_owned());
        let claims = Claims { iss, aud, sub: user, role, iat, exp: iat + 3600, jti: Uuid::now_v7() };
        let header = Header { kid: Some("of-a-test".into()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(&self.private)).expect("a token")
    }
}
