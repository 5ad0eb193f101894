//! Who is asking: the bearer token of a request (RFC 6750), made into an [`Identity`] that a handler can trust.
//!
//! svc-users gives out access tokens: JWTs (RFC 7519) signed with EdDSA (RFC 8037), whose keys it publishes. Every other
//! service checks them by itself, without a question to svc-users for each request: a [`Verifier`] in its state, an
//! [`Identity`] or [`Admin`] among the arguments of a handler, and the rest happens here.
//!
//! ```text
//! request ──▶ no token, or none that holds ──▶ 401 with WWW-Authenticate
//!        ├──▶ good, but not an admin's ──▶ 403 (only where a handler wants an Admin)
//!        ├──▶ no keys to check it with ──▶ 503
//!        └──▶ Identity { user, role }
//! ```
//!
//! A token that was given out stays good until it expires, whatever happens to its user meanwhile: that is why it is
//! short-lived. Keeps no token and logs none. Where to read on: `identity/verifier.rs` for how keys are cached,
//! `identity/source.rs` for where they come from.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Problem;

mod source;
mod verifier;

pub use source::{HttpSource, KeySource, SourceError};
pub use verifier::{Patience, Verifier};

/// Who issues tokens.
pub const ISSUER: &str = "supplex-users";

/// For whom they are.
pub const AUDIENCE: &str = "supplex";

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// What concerns themselves.
    Customer,
    /// Everything.
    Admin,
}

impl Role {
    /// The word for it in tokens, in JSON and in databases.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Admin => "admin",
        }
    }

    /// The role that `word` stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Customer, Self::Admin].into_iter().find(|role| role.word() == word)
    }
}

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Always [`ISSUER`].
    pub iss: String,
    /// Always [`AUDIENCE`].
    pub aud: String,
    /// The user's id.
    pub sub: Uuid,
    /// What the user may do.
    pub role: Role,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// When it expires, in seconds since 1970.
    pub exp: i64,
    /// The token's own id.
    pub jti: Uuid,
}

/// A public key, as it is published (RFC 7517, RFC 8037 section 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublicKey {
    /// The kind of key.
    #[schema(pattern = "^OKP$")]
    pub kty: String,
    /// The curve.
    #[schema(pattern = "^Ed25519$")]
    pub crv: String,
    /// The key itself: 32 bytes in Base64 for URLs.
    #[schema(pattern = "^[A-Za-z0-9_-]{43}$")]
    pub x: String,
    /// What tokens call it.
    pub kid: String,
    /// The algorithm it is for.
    #[schema(pattern = "^EdDSA$")]
    pub alg: String,
    /// What it is for.
    #[serde(rename = "use")]
    #[schema(pattern = "^sig$")]
    pub purpose: String,
}

impl PublicKey {
    /// An Ed25519 key for signatures. `x` is in Base64 for URLs.
    #[must_use]
    pub fn ed25519(kid: String, x: String) -> Self {
        let [kty, crv, alg, purpose] = ["OKP", "Ed25519", "EdDSA", "sig"].map(str::to_owned);
        Self { kty, crv, x, kid, alg, purpose }
    }
}

/// The keys that verify tokens now, as they are published (RFC 7517 section 5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = JwkSet)]
pub struct KeySet {
    /// The keys. Those of other kinds than ours are left out when a set is read.
    #[serde(deserialize_with = "ours")]
    pub keys: Vec<PublicKey>,
}

/// A key that nobody here understands must not make the others useless (RFC 7517 section 5).
fn ours<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<PublicKey>, D::Error> {
    let keys = Vec::<serde_json::Value>::deserialize(deserializer)?;
    let keys = keys.into_iter().filter_map(|key| serde_json::from_value::<PublicKey>(key).ok());
    Ok(keys
        .filter(|key| key.kty == "OKP" && key.crv == "Ed25519" && key.alg == "EdDSA" && key.purpose == "sig")
        .collect())
}

/// Who is asking, as an argument of a handler whose state has a [`Verifier`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The user's id.
    pub user: Uuid,
    /// What the user may do.
    pub role: Role,
}

/// An [`Identity`] with the role of an admin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admin(pub Identity);

/// Why a request is not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It has no bearer token, or several.
    Missing,
    /// The token does not hold: it was changed, is somebody else's, or is none.
    Invalid,
    /// The token was good and has expired.
    Expired,
    /// The user may not do this.
    Forbidden,
    /// There are no keys to check the token with.
    NoKeys,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, reason, detail, challenge) = match self {
            Self::Missing => (
                StatusCode::UNAUTHORIZED,
                "access.token_missing",
                "This needs `Authorization: Bearer` with one access token.",
                // RFC 6750 section 3.1: who gave no token is told nothing about an error.
                "Bearer realm=\"supplex\"",
            ),
            Self::Invalid => (
                StatusCode::UNAUTHORIZED,
                "access.token_invalid",
                "The access token is not a good one.",
                "Bearer realm=\"supplex\", error=\"invalid_token\", error_description=\"not a good one\"",
            ),
            Self::Expired => (
                StatusCode::UNAUTHORIZED,
                "access.token_expired",
                "The access token has expired. Refresh it.",
                "Bearer realm=\"supplex\", error=\"invalid_token\", error_description=\"expired\"",
            ),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "access.forbidden",
                "Only an admin may do this.",
                "Bearer realm=\"supplex\", error=\"insufficient_scope\"",
            ),
            Self::NoKeys => {
                let detail = "The keys of access tokens cannot be had now.";
                return Problem::unavailable("access.no_keys", detail).into_response();
            }
        };
        Problem::new(status, reason, detail).challenged(challenge)
    }
}

/// The bearer token of a request, if there is exactly one.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut fields = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(field), None) = (fields.next(), fields.next()) else { return None };
    let (scheme, token) = field.to_str().ok()?.split_once(' ')?;
    // Schemes are compared without regard to case (RFC 9110 section 11.1).
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

impl Verifier {
    /// Who sent a request with these fields.
    ///
    /// # Errors
    /// When that is not known.
    pub async fn identify(&self, headers: &HeaderMap) -> Result<Identity, Refusal> {
        self.verify(bearer(headers).ok_or(Refusal::Missing)?).await
    }

    /// The admin whom an access token is about.
    ///
    /// # Errors
    /// When the token does not hold, or is not an admin's.
    pub async fn verify_admin(&self, token: &str) -> Result<Admin, Refusal> {
        Admin::of(self.verify(token).await?)
    }
}

impl Admin {
    fn of(identity: Identity) -> Result<Self, Refusal> {
        if identity.role == Role::Admin { Ok(Self(identity)) } else { Err(Refusal::Forbidden) }
    }
}

impl<S> FromRequestParts<S> for Identity
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        Verifier::from_ref(state).identify(&parts.headers).await
    }
}

impl<S> FromRequestParts<S> for Admin
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        Self::of(Identity::from_request_parts(parts, state).await?)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_one_bearer_token_counts() {
        let of = |fields: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append(header::AUTHORIZATION, HeaderValue::from_static(field));
            }
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(of(&["Bearer a.b.c"]).as_deref(), Some("a.b.c"));
        assert_eq!(of(&["bearer  a.b.c"]).as_deref(), Some("a.b.c"));
        for none in [&[][..], &["Bearer"], &["Bearer "], &["Basic a.b.c"], &["Bearer a", "Bearer a"]] {
            assert_eq!(of(none), None, "{none:?}");
        }
    }

    #[test]
    fn keys_of_other_kinds_do_not_spoil_a_set() {
        let text = r#"{"keys":[{"kty":"RSA","n":"x","e":"AQAB","kid":"1"},
            {"kty":"OKP","crv":"Ed25519","x":"AA","kid":"2","alg":"EdDSA","use":"sig"},
            {"kty":"OKP","crv":"Ed25519","x":"AA","kid":"3","alg":"EdDSA","use":"enc"}, 7]}"#;
        let set: KeySet = serde_json::from_str(text).expect("a set");
        assert_eq!(set.keys, [PublicKey::ed25519("2".into(), "AA".into())]);
    }

    #[test]
    fn a_refusal_says_how_to_do_better() {
        for (refusal, status, challenge) in [
            (Refusal::Missing, 401, Some("Bearer realm=\"supplex\"")),
            (Refusal::Expired, 401, Some("expired")),
            (Refusal::Invalid, 401, Some("invalid_token")),
            (Refusal::Forbidden, 403, Some("insufficient_scope")),
            (Refusal::NoKeys, 503, None),
        ] {
            let response = refusal.into_response();
            assert_eq!(response.status(), status, "{refusal:?}");
            let field = response.headers().get(header::WWW_AUTHENTICATE).map(|field| field.to_str().expect("text"));
            assert_eq!(field.is_some(), challenge.is_some(), "{refusal:?}");
            assert!(challenge.is_none_or(|part| field.is_some_and(|field| field.contains(part))), "{field:?}");
        }
    }
}
