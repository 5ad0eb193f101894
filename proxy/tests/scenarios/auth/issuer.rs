//! Whoever issues tokens: a key of its own, and a real server for the public half.

use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::harness::Upstream;

/// A key pair with its id.
pub(super) struct Issuer {
    kid: String,
    key: EncodingKey,
    pub(super) public: Vec<u8>,
}

impl Issuer {
    pub(super) fn new(kid: &str) -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("randomness");
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("a key pair");
        let key = EncodingKey::from_ed_der(document.as_ref());
        Self { kid: kid.to_owned(), key, public: pair.public_key().as_ref().to_vec() }
    }

    /// The public key.
    pub(super) fn jwk(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(&self.public);
        json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.kid, "alg": "EdDSA", "use": "sig" })
    }

    /// The header of its tokens.
    pub(super) fn header(&self, algorithm: Algorithm) -> Header {
        Header { kid: Some(self.kid.clone()), ..Header::new(algorithm) }
    }

    /// A token with these claims.
    pub(super) fn sign(&self, claims: &Value) -> String {
        encode(&self.header(Algorithm::EdDSA), claims, &self.key).expect("a token")
    }

    /// A good token of this user.
    pub(super) fn token(&self, sub: &str) -> String {
        self.sign(&claims(sub))
    }
}

/// Good claims.
pub(super) fn claims(sub: &str) -> Value {
    let (iat, exp) = (now(), now() + 600);
    json!({
        "iss": "supplex-users", "aud": "supplex", "sub": sub, "role": "customer", "iat": iat, "exp": exp, "jti": "1",
    })
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock that is not before 1970").as_secs()
}

/// A server for key sets. While it has none it closes every connection without an answer.
pub(super) struct Server {
    upstream: Upstream,
    set: Arc<Mutex<Option<String>>>,
}

impl Server {
    pub(super) fn silent() -> Self {
        let set = Arc::new(Mutex::new(None::<String>));
        let shown = Arc::clone(&set);
        let upstream = Upstream::run(move |peer| {
            while peer.request().is_some() {
                let Some(body) = shown.lock().expect("nobody panics with the lock held").clone() else { return };
                peer.answer(&body);
            }
        });
        Self { upstream, set }
    }

    pub(super) fn of(issuers: &[&Issuer]) -> Self {
        let server = Self::silent();
        server.publish(issuers);
        server
    }

    /// Shows the keys of these issuers from now on.
    pub(super) fn publish(&self, issuers: &[&Issuer]) {
        let keys: Vec<_> = issuers.iter().map(|issuer| issuer.jwk()).collect();
        *self.set.lock().expect("nobody panics with the lock held") = Some(json!({ "keys": keys }).to_string());
    }

    /// Shows nothing from now on.
    pub(super) fn fall_silent(&self) {
        *self.set.lock().expect("nobody panics with the lock held") = None;
    }

    /// Where it is, as it stands in a configuration.
    pub(super) fn url(&self) -> String {
        format!("http://{}/.well-known/jwks.json", self.upstream.address())
    }
}
