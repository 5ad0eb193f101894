//! Who may change the catalogue: the one place that decides it.
//!
//! A handler that takes an [`Admin`] is reached only by requests that the [`Guard`] lets through. There are two proofs, each
//! of which the process has only if its settings say so: an access token of svc-users with the role of an admin, and one
//! token for all admins. The guard looks at the second one first, as it is no JWT and costs nothing.
//!
//! ```text
//! request ──▶ the process has neither proof ──▶ 403 access.disabled
//!        ├──▶ no bearer token, or several ──▶ 401
//!        ├──▶ ADMIN_TOKEN ──▶ Admin
//!        ├──▶ an access token ──▶ Admin, or why not: 401, 403, 503 (`supplex_kit::identity`)
//!        └──▶ anything else ──▶ 401
//! ```

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use clap::Args;
use supplex_kit::Problem;
use supplex_kit::identity::{self, HttpSource, Patience, Verifier, bearer};
use supplex_kit::secret::Secret;

/// How somebody can prove to be an admin.
#[derive(Args, Clone, Debug)]
pub(crate) struct Proofs {
    /// Where the keys of access tokens are, such as http://127.0.0.1:7101/.well-known/jwks.json; without it no access token
    /// makes anybody an admin
    #[arg(long, env = "JWKS_URL", value_name = "URL")]
    jwks_url: Option<HttpSource>,

    /// A bearer token by which admins change the catalogue too, at least 16 characters; without one only access tokens do
    #[arg(long, env = "ADMIN_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = Secret::parse)]
    admin_token: Option<Secret>,
}

/// Decides who is an admin.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    verifier: Option<Verifier>,
    token: Option<Secret>,
}

/// Proof that the request at hand comes from an admin.
#[derive(Debug)]
pub(crate) struct Admin(());

/// Why somebody is not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The request does not prove to be an admin's.
    Unproven(identity::Refusal),
    /// Nobody can be an admin of this process.
    Unset,
}

impl Guard {
    /// A guard with these proofs. Fetches no keys yet.
    pub(crate) fn new(proofs: Proofs) -> Self {
        let verifier = proofs.jwks_url.map(|source| Verifier::new(source, Patience::default()));
        Self { verifier, token: proofs.admin_token }
    }

    /// Lets an admin through.
    ///
    /// # Errors
    /// When the request does not prove to be one's.
    pub(crate) async fn admin(&self, headers: &HeaderMap) -> Result<Admin, Refusal> {
        if self.verifier.is_none() && self.token.is_none() {
            return Err(Refusal::Unset);
        }
        let given = bearer(headers).ok_or(Refusal::Unproven(identity::Refusal::Missing))?;
        if self.token.as_ref().is_some_and(|token| token.is(given)) {
            return Ok(Admin(()));
        }
        let verified = match &self.verifier {
            Some(verifier) => verifier.verify_admin(given).await,
            None => Err(identity::Refusal::Invalid),
        };
        let identity::Admin(admin) = verified.map_err(Refusal::Unproven)?;
        tracing::info!(admin = %admin.user, "an admin is let through");
        Ok(Admin(()))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Unproven(refusal) => refusal.into_response(),
            Self::Unset => {
                let detail =
                    "Nobody can change the catalogue: this service was started without JWKS_URL and ADMIN_TOKEN.";
                Problem::new(StatusCode::FORBIDDEN, "access.disabled", detail).into_response()
            }
        }
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
    use axum::http::header;

    use super::*;

    const GOOD: &str = "0123456789abcdef";

    fn guard(jwks_url: Option<&str>, token: Option<&str>) -> Guard {
        Guard::new(Proofs {
            jwks_url: jwks_url.map(|url| url.parse().expect("a URL")),
            admin_token: token.map(|token| Secret::parse(token).expect("a token")),
        })
    }

    async fn ask(guard: &Guard, fields: &[&str]) -> Result<(), Refusal> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(header::AUTHORIZATION, field.parse().expect("a value"));
        }
        guard.admin(&headers).await.map(|Admin(())| ())
    }

    #[tokio::test]
    async fn the_token_of_all_admins_opens_with_and_without_keys() {
        // Nobody listens there, which only matters to who gives an access token.
        for guard in [guard(None, Some(GOOD)), guard(Some("http://127.0.0.1:1/"), Some(GOOD))] {
            for good in ["Bearer 0123456789abcdef", "bearer  0123456789abcdef"] {
                assert_eq!(ask(&guard, &[good]).await, Ok(()), "{good}");
            }
            for wrong in ["Bearer 0123456789abcdee", "Bearer 0123456789abcde", "Bearer x"] {
                let refusal = Err(Refusal::Unproven(identity::Refusal::Invalid));
                assert_eq!(ask(&guard, &[wrong]).await, refusal, "{wrong}");
            }
            let twice = ["Bearer 0123456789abcdef"; 2];
            for missing in [&[][..], &["Basic 0123456789abcdef"], &["Bearer"], &twice] {
                let refusal = Err(Refusal::Unproven(identity::Refusal::Missing));
                assert_eq!(ask(&guard, missing).await, refusal, "{missing:?}");
            }
        }
    }

    #[tokio::test]
    async fn with_keys_alone_the_token_opens_nothing() {
        let refusal = Err(Refusal::Unproven(identity::Refusal::Invalid));
        assert_eq!(ask(&guard(Some("http://127.0.0.1:1/"), None), &["Bearer 0123456789abcdef"]).await, refusal);
    }

    #[tokio::test]
    async fn without_any_proof_nobody_is_an_admin() {
        let guard = guard(None, None);
        for given in [&[][..], &["Bearer "], &["Bearer 0123456789abcdef"]] {
            assert_eq!(ask(&guard, given).await, Err(Refusal::Unset), "{given:?}");
        }
    }
}
