//! The token by which the services of the marketplace know each other.
//!
//! Every process gets the same one in `SERVICE_TOKEN` and sends it as `Authorization: Bearer` with what it asks of another
//! service. A handler with [`FromService`] among its arguments is reached by nobody else, whichever way a request came:
//! the gateway lets everything through, and needs no route that it keeps secret.
//!
//! ```text
//! request ──▶ no bearer token, or several ──▶ 401 access.token_missing
//!        ├──▶ another token ──▶ 401 access.token_invalid
//!        ├──▶ the process itself has none ──▶ 403 access.disabled
//!        └──▶ FromService
//! ```
//!
//! Who a customer or an admin is, says `identity.rs`.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use clap::Args;

use crate::Problem;
use crate::identity::bearer;
use crate::secret::Secret;

/// The token of the services. Only its digest is kept.
#[derive(Clone, Debug)]
pub struct ServiceToken(Secret);

impl ServiceToken {
    /// Reads the token from the settings: at least 16 visible ASCII characters.
    ///
    /// # Errors
    /// In words, when nobody could send it or anybody could guess it.
    pub fn parse(text: &str) -> Result<Self, String> {
        Secret::parse(text).map(Self)
    }
}

/// The setting of services that are asked by others.
#[derive(Args, Clone, Debug)]
pub struct ServiceTokenSetting {
    /// The bearer token by which other services prove who they are, at least 16 characters; without one nobody can
    #[arg(long, env = "SERVICE_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = ServiceToken::parse)]
    pub service_token: Option<ServiceToken>,
}

/// Proof that the request at hand comes from a service, for states that have an `Option<ServiceToken>`.
#[derive(Debug)]
pub struct FromService(());

/// Why a request is not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It has no bearer token, or several.
    Missing,
    /// The token is not that of the services.
    Invalid,
    /// The process was started without a token, so it knows no service.
    Disabled,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Missing => {
                let detail = "This needs `Authorization: Bearer` with the token of the services.";
                Problem::unauthorized("access.token_missing", detail).into_response()
            }
            Self::Invalid => Problem::unauthorized("access.token_invalid", "The token is not that of the services.")
                .challenged("Bearer realm=\"supplex\", error=\"invalid_token\""),
            Self::Disabled => {
                let detail = "Only services may do this, and this one was started without SERVICE_TOKEN.";
                Problem::new(StatusCode::FORBIDDEN, "access.disabled", detail).into_response()
            }
        }
    }
}

impl<S> FromRequestParts<S> for FromService
where
    S: Send + Sync,
    Option<ServiceToken>: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let ServiceToken(expected) = Option::<ServiceToken>::from_ref(state).ok_or(Refusal::Disabled)?;
        let given = bearer(&parts.headers).ok_or(Refusal::Missing)?;
        if expected.is(given) { Ok(Self(())) } else { Err(Refusal::Invalid) }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[derive(Clone)]
    struct State(Option<ServiceToken>);

    impl FromRef<State> for Option<ServiceToken> {
        fn from_ref(state: &State) -> Self {
            state.0.clone()
        }
    }

    async fn ask(state: &State, fields: &[&str]) -> Option<Refusal> {
        let mut request = Request::builder();
        for field in fields {
            request = request.header("authorization", *field);
        }
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        FromService::from_request_parts(&mut parts, state).await.err()
    }

    #[tokio::test]
    async fn only_services_are_let_through() {
        let state = State(Some(ServiceToken::parse("0123456789abcdef").expect("a token")));
        assert_eq!(ask(&state, &["Bearer 0123456789abcdef"]).await, None);
        assert_eq!(ask(&state, &["bearer  0123456789abcdef"]).await, None);
        assert_eq!(ask(&state, &["Bearer 0123456789abcdee"]).await, Some(Refusal::Invalid));
        let twice = ["Bearer 0123456789abcdef"; 2];
        for missing in [&[][..], &["Basic 0123456789abcdef"], &["Bearer"], &twice] {
            assert_eq!(ask(&state, missing).await, Some(Refusal::Missing), "{missing:?}");
        }
        assert_eq!(ask(&State(None), &["Bearer 0123456789abcdef"]).await, Some(Refusal::Disabled));
    }

    #[test]
    fn a_refusal_says_how_to_do_better() {
        for (refusal, status, challenge) in [
            (Refusal::Missing, 401, Some("Bearer realm=\"supplex\"")),
            (Refusal::Invalid, 401, Some("Bearer realm=\"supplex\", error=\"invalid_token\"")),
            (Refusal::Disabled, 403, None),
        ] {
            let response = refusal.into_response();
            let field = response.headers().get("www-authenticate").map(|field| field.to_str().expect("text"));
            assert_eq!((response.status().as_u16(), field), (status, challenge), "{refusal:?}");
        }
    }
}
