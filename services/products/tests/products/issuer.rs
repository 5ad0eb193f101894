//! Somebody who gives out access tokens and publishes the key, as svc-users does. Gone with the test.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use supplex_kit::identity::{AUDIENCE, Claims, ISSUER, KeySet, PublicKey, Role};
use uuid::Uuid;

/// What its only key is called. All issuers call theirs so.
const KID: &str = "k";

pub(crate) struct Issuer {
    /// Where the key is published.
    pub(crate) url: String,
    private: Vec<u8>,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key").as_ref().to_vec();
        let public = Ed25519KeyPair::from_pkcs8(&private).expect("a key").public_key().as_ref().to_vec();
        let keys = KeySet { keys: vec![PublicKey::ed25519(KID.to_owned(), URL_SAFE_NO_PAD.encode(public))] };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let url = format!("http://{}/keys", listener.local_addr().expect("an address"));
        let routes = Router::new().route("/keys", get(async move || Json(keys)));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, private }
    }

    /// An access token of somebody with this role.
    pub(crate) fn token(&self, role: Role) -> String {
        let iat = i64::try_from(jsonwebtoken::get_current_timestamp()).expect("a time");
        let (iss, aud) = (ISSUER.to_owned(), AUDIENCE.to_owned());
        let (sub, jti) = (Uuid::now_v7(), Uuid::now_v7());
        let claims = Claims { iss, aud, sub, role, iat, exp: iat + 900, jti };
        let header = Header { kid: Some(KID.to_owned()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(&self.private)).expect("a token")
    }
}
