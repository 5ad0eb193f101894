//! Checks tokens against keys that it keeps for a while.
//!
//! ```text
//! key known, keys fresh ──▶ check
//! key known, keys old ────▶ fetch once, whoever comes meanwhile goes on with the old ones; a failure leaves them in use
//! key unknown ────────────▶ fetch, at most once in `min_interval` whatever clients make up; then check or refuse
//! ```

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use super::{AUDIENCE, Claims, ISSUER, Identity, KeySet, KeySource, Refusal};

/// The difference between the clocks of two machines that is let pass, in seconds.
const LEEWAY: u64 = 5;

/// The longest token that is looked at, in bytes. Ours have about 500.
const LONGEST: usize = 2048;

/// How long keys are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// After this long they are fetched again.
    pub max_age: Duration,
    /// They are never fetched again sooner than this.
    pub min_interval: Duration,
}

impl Default for Patience {
    /// Five minutes, and five seconds.
    fn default() -> Self {
        Self { max_age: Duration::from_secs(300), min_interval: Duration::from_secs(5) }
    }
}

/// Checks access tokens. Clones share their keys.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    source: Box<dyn KeySource>,
    patience: Patience,
    validation: Validation,
    kept: RwLock<Kept>,
    /// Held by whoever fetches keys; when that was tried last.
    tried: Mutex<Option<Instant>>,
}

#[derive(Default)]
struct Kept {
    keys: HashMap<String, DecodingKey>,
    since: Option<Instant>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("patience", &self.0.patience).finish_non_exhaustive()
    }
}

impl Verifier {
    /// A verifier with the keys of `source`, which is first asked when the first token comes.
    #[must_use]
    pub fn new(source: impl KeySource, patience: Patience) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.leeway = LEEWAY;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let (kept, tried) = (RwLock::default(), Mutex::default());
        Self(Arc::new(Inner { source: Box::new(source), patience, validation, kept, tried }))
    }

    /// Who a token is about.
    ///
    /// # Errors
    /// When the token does not hold, or there are no keys to check it with.
    pub async fn verify(&self, token: &str) -> Result<Identity, Refusal> {
        if token.len() > LONGEST {
            return Err(Refusal::Invalid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| Refusal::Invalid)?;
        let key = self.key(&header.kid.ok_or(Refusal::Invalid)?).await?;
        // The algorithm is the validation's and never the token's.
        match jsonwebtoken::decode::<Claims>(token, &key, &self.0.validation) {
            Ok(good) => Ok(Identity { user: good.claims.sub, role: good.claims.role }),
            Err(error) if *error.kind() == ErrorKind::ExpiredSignature => Err(Refusal::Expired),
            Err(_) => Err(Refusal::Invalid),
        }
    }

    async fn key(&self, kid: &str) -> Result<DecodingKey, Refusal> {
        match self.kept(kid) {
            (Some(key), true) => return Ok(key),
            (Some(key), false) => {
                if let Ok(tried) = self.0.tried.try_lock() {
                    self.fetch(tried).await;
                    // The key may be gone since.
                    return self.kept(kid).0.ok_or(Refusal::Invalid);
                }
                return Ok(key);
            }
            (None, _) => self.fetch(self.0.tried.lock().await).await,
        }
        match self.kept(kid).0 {
            Some(key) => Ok(key),
            None if self.has_keys() => Err(Refusal::Invalid),
            None => Err(Refusal::NoKeys),
        }
    }

    /// The key called `kid`, and whether the keys are fresh.
    fn kept(&self, kid: &str) -> (Option<DecodingKey>, bool) {
        let kept = self.0.kept.read().unwrap_or_else(PoisonError::into_inner);
        let fresh = kept.since.is_some_and(|since| since.elapsed() < self.0.patience.max_age);
        (kept.keys.get(kid).cloned(), fresh)
    }

    fn has_keys(&self) -> bool {
        self.0.kept.read().unwrap_or_else(PoisonError::into_inner).since.is_some()
    }

    async fn fetch(&self, mut tried: MutexGuard<'_, Option<Instant>>) {
        if tried.is_some_and(|tried| tried.elapsed() < self.0.patience.min_interval) {
            return;
        }
        *tried = Some(Instant::now());
        match self.0.source.keys().await {
            Ok(set) => self.keep(set),
            Err(error) => tracing::warn!(%error, "the keys of access tokens cannot be fetched"),
        }
    }

    fn keep(&self, set: KeySet) {
        let key = |key: super::PublicKey| Some((key.kid, DecodingKey::from_ed_components(&key.x).ok()?));
        let keys = set.keys.into_iter().filter_map(key).collect();
        *self.0.kept.write().unwrap_or_else(PoisonError::into_inner) = Kept { keys, since: Some(Instant::now()) };
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::Mutex as StdMutex;
    use std::sync::atomic::{AtomicU32, Ordering};

    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
    use jsonwebtoken::{EncodingKey, Header};
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use crate::identity::{PublicKey, Role, SourceError};

    struct Signer {
        kid: &'static str,
        private: Vec<u8>,
        x: String,
    }

    impl Signer {
        fn new(kid: &'static str) -> Self {
            let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key").as_ref().to_vec();
            let pair = Ed25519KeyPair::from_pkcs8(&private).expect("a key");
            Self { kid, x: base64(pair.public_key().as_ref()), private }
        }

        fn sign(&self, change: Value) -> String {
            let now = jsonwebtoken::get_current_timestamp();
            let mut claims = json!({
                "iss": ISSUER, "aud": AUDIENCE, "sub": Uuid::from_u128(7), "role": "customer",
                "iat": now, "exp": now + 900, "jti": Uuid::from_u128(8),
            });
            for (name, value) in change.as_object().into_iter().flatten() {
                claims[name] = value.clone();
            }
            let header = Header { kid: Some(self.kid.to_owned()), ..Header::new(Algorithm::EdDSA) };
            jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(&self.private)).expect("a token")
        }

        fn public(&self) -> PublicKey {
            PublicKey::ed25519(self.kid.to_owned(), self.x.clone())
        }
    }

    fn base64(bytes: &[u8]) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What a source gives, and how often it was asked.
    #[derive(Clone, Default)]
    struct Source(Arc<(StdMutex<Option<KeySet>>, AtomicU32)>);

    impl Source {
        fn set(&self, keys: &[&Signer]) {
            *self.0.0.lock().expect("a lock") = Some(KeySet { keys: keys.iter().map(|key| key.public()).collect() });
        }

        fn break_down(&self) {
            *self.0.0.lock().expect("a lock") = None;
        }

        fn asked(&self) -> u32 {
            self.0.1.load(Ordering::Relaxed)
        }
    }

    impl KeySource for Source {
        fn keys(&self) -> Pin<Box<dyn Future<Output = Result<KeySet, SourceError>> + Send + '_>> {
            self.0.1.fetch_add(1, Ordering::Relaxed);
            let keys = self.0.0.lock().expect("a lock").clone().ok_or_else(|| SourceError("broken".into()));
            Box::pin(std::future::ready(keys))
        }
    }

    #[tokio::test]
    async fn only_a_token_that_holds_in_every_way_is_taken() {
        let (key, other) = (Signer::new("1"), Signer::new("2"));
        let source = Source::default();
        source.set(&[&key]);
        let verifier = Verifier::new(source, Patience::default());
        let good = key.sign(json!({}));
        assert_eq!(verifier.verify(&good).await, Ok(Identity { user: Uuid::from_u128(7), role: Role::Customer }));
        let admin = key.sign(json!({ "role": "admin" }));
        assert_eq!(verifier.verify(&admin).await.map(|identity| identity.role), Ok(Role::Admin));
        let expired = key.sign(json!({ "exp": jsonwebtoken::get_current_timestamp() - 6 }));
        assert_eq!(verifier.verify(&expired).await, Err(Refusal::Expired));
        let forged = Signer { kid: "1", ..Signer::new("") };
        let [head, _, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
        let swapped = format!("{head}.{}.{signature}", admin.split('.').nth(1).expect("claims"));
        let unsigned = {
            let claims = admin.split('.').nth(1).expect("claims");
            format!("{}.{claims}.", base64(br#"{"alg":"none","kid":"1"}"#))
        };
        // The public key as the secret of a symmetric signature: the oldest trick against JWT.
        let symmetric = {
            let header = Header { kid: Some("1".into()), ..Header::new(Algorithm::HS256) };
            jsonwebtoken::encode(&header, &json!({}), &EncodingKey::from_secret(key.x.as_bytes())).expect("a token")
        };
        for (what, token) in [
            ("another key's", other.sign(json!({}))),
            ("forged", forged.sign(json!({}))),
            ("with other claims", swapped),
            ("unsigned", unsigned),
            ("symmetric", symmetric),
            ("for somebody else", key.sign(json!({ "aud": "others" }))),
            ("from somebody else", key.sign(json!({ "iss": "others" }))),
            ("about nobody", key.sign(json!({ "sub": "me" }))),
            ("with an odd role", key.sign(json!({ "role": "king" }))),
            ("long", "a".repeat(LONGEST + 1)),
            ("empty", String::new()),
            ("no token", "a.b.c".into()),
        ] {
            assert_eq!(verifier.verify(&token).await, Err(Refusal::Invalid), "{what}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn unknown_keys_are_looked_for_but_not_too_often() {
        let (old, new) = (Signer::new("old"), Signer::new("new"));
        let source = Source::default();
        source.set(&[&old]);
        let verifier = Verifier::new(source.clone(), Patience::default());
        assert!(verifier.verify(&old.sign(json!({}))).await.is_ok());
        source.set(&[&old, &new]);
        for _ in 0..100 {
            assert_eq!(verifier.verify(&new.sign(json!({}))).await, Err(Refusal::Invalid));
        }
        assert_eq!(source.asked(), 1);
        tokio::time::advance(Duration::from_secs(6)).await;
        assert!(verifier.verify(&new.sign(json!({}))).await.is_ok());
        assert!(verifier.verify(&old.sign(json!({}))).await.is_ok());
        assert_eq!(source.asked(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn keys_grow_old_but_serve_on_while_there_are_no_others() {
        let (old, new) = (Signer::new("old"), Signer::new("new"));
        let source = Source::default();
        source.set(&[&old]);
        let verifier = Verifier::new(source.clone(), Patience::default());
        assert!(verifier.verify(&old.sign(json!({}))).await.is_ok());
        source.break_down();
        tokio::time::advance(Duration::from_secs(301)).await;
        assert!(verifier.verify(&old.sign(json!({}))).await.is_ok());
        assert_eq!(source.asked(), 2, "it was tried");
        source.set(&[&new]);
        tokio::time::advance(Duration::from_secs(6)).await;
        assert_eq!(verifier.verify(&old.sign(json!({}))).await, Err(Refusal::Invalid), "a removed key is gone");
    }

    #[tokio::test(start_paused = true)]
    async fn without_keys_nobody_is_blamed() {
        let key = Signer::new("1");
        let source = Source::default();
        let verifier = Verifier::new(source.clone(), Patience::default());
        assert_eq!(verifier.verify(&key.sign(json!({}))).await, Err(Refusal::NoKeys));
        source.set(&[&key]);
        tokio::time::advance(Duration::from_secs(6)).await;
        assert!(verifier.verify(&key.sign(json!({}))).await.is_ok());
    }
}
