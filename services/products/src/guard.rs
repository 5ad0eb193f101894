//! Who may change the catalogue: the one place that decides it.
//!
//! A handler that takes an [`Admin`] is reached only by requests that the [`Guard`] lets through. The guard compares the
//! bearer token of a request (RFC 6750) with the one token of the settings; without one it lets nobody through. Other ways
//! to prove the role `admin` belong into [`Guard::admin`], which may wait, and nowhere else. It keeps no token: only its
//! digest, and compares digests in constant time, so that neither a crash nor a clock tells what the token is.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ctutils::CtEq;
use sha2::{Digest, Sha256};
use supplex_kit::Problem;

/// The fewest characters of a token that is worth the name.
const SHORTEST: usize = 16;

/// A token as it is given in the settings.
#[derive(Clone)]
pub(crate) struct Token([u8; 32]);

impl Token {
    /// Reads a token from the settings.
    ///
    /// # Errors
    /// In words, when nobody could send it or anybody could guess it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() < SHORTEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("must have at least {SHORTEST} visible ASCII characters and no spaces"));
        }
        Ok(Self(digest(text)))
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Decides who is an admin.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    token: Option<Token>,
}

/// Proof that the request at hand comes from an admin.
#[derive(Debug)]
pub(crate) struct Admin(());

/// Why somebody is not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no bearer token in the request.
    Missing,
    /// It is not a good one.
    Wrong,
    /// Nobody can be an admin of this process.
    Unset,
}

impl Guard {
    /// A guard that lets through who knows `token`; nobody without one.
    pub(crate) fn new(token: Option<Token>) -> Self {
        Self { token }
    }

    /// Lets an admin through.
    ///
    /// # Errors
    /// When the request does not prove to be one's.
    // Asynchronous because other proofs than a static token have to fetch keys.
    #[expect(clippy::unused_async, reason = "part of the seam")]
    pub(crate) async fn admin(&self, headers: &HeaderMap) -> Result<Admin, Refusal> {
        let expected = self.token.as_ref().ok_or(Refusal::Unset)?;
        let given = bearer(headers).ok_or(Refusal::Missing)?;
        if digest(given).ct_eq(&expected.0).to_bool() { Ok(Admin(())) } else { Err(Refusal::Wrong) }
    }
}

/// The bearer token of a request, if there is exactly one.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut fields = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(field), None) = (fields.next(), fields.next()) else { return None };
    let (scheme, token) = field.to_str().ok()?.split_once(' ')?;
    // Schemes are compared without regard to case (RFC 9110 section 11.1).
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, reason, detail, challenge) = match self {
            Self::Missing => (
                StatusCode::UNAUTHORIZED,
                "access.token_missing",
                "This needs `Authorization: Bearer` with the token of an admin.",
                Some("Bearer realm=\"products\""),
            ),
            Self::Wrong => (
                StatusCode::UNAUTHORIZED,
                "access.token_invalid",
                "The token is not that of an admin.",
                Some("Bearer realm=\"products\", error=\"invalid_token\""),
            ),
            Self::Unset => (
                StatusCode::FORBIDDEN,
                "access.disabled",
                "Nobody can change the catalogue: this service was started without ADMIN_TOKEN.",
                None,
            ),
        };
        let mut response = Problem::new(status, reason, detail).into_response();
        if let Some(challenge) = challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

impl<S> FromRequestParts<S> for Admin
where
    S: Send + Sync,
    Guard: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        Guard::from_ref(state).admin(&parts.headers).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "0123456789abcdef";

    async fn ask(guard: &Guard, fields: &[&str]) -> Result<(), Refusal> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(header::AUTHORIZATION, field.parse().expect("a value"));
        }
        guard.admin(&headers).await.map(|Admin(())| ())
    }

    #[tokio::test]
    async fn only_the_token_opens() {
        let guard = Guard::new(Some(Token::parse(GOOD).expect("a token")));
        for good in ["Bearer 0123456789abcdef", "bearer  0123456789abcdef"] {
            assert_eq!(ask(&guard, &[good]).await, Ok(()), "{good}");
        }
        for wrong in ["Bearer 0123456789abcdee", "Bearer 0123456789abcde", "Bearer x", "Bearer 0123456789abcdef0"] {
            assert_eq!(ask(&guard, &[wrong]).await, Err(Refusal::Wrong), "{wrong}");
        }
        let twice = ["Bearer 0123456789abcdef", "Bearer 0123456789abcdef"];
        for missing in [&[][..], &["Basic 0123456789abcdef"], &["Bearer"], &twice] {
            assert_eq!(ask(&guard, missing).await, Err(Refusal::Missing), "{missing:?}");
        }
    }

    #[tokio::test]
    async fn without_a_token_nobody_is_an_admin() {
        let guard = Guard::new(None);
        for given in [&[][..], &["Bearer "], &["Bearer 0123456789abcdef"]] {
            assert_eq!(ask(&guard, given).await, Err(Refusal::Unset), "{given:?}");
        }
    }

    #[test]
    fn tokens_that_anybody_could_guess_are_refused() {
        for wrong in ["", "secret", "0123456789abcde", "0123456789 abcdef", "0123456789abcdefé"] {
            assert!(Token::parse(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(format!("{:?}", Token::parse(GOOD).expect("a token")), "Token");
    }
}
