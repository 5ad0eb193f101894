//! Login, refresh and logout: how a password becomes tokens, and tokens other tokens.
//!
//! Whether there is such a user, whether the password was wrong, and why a refresh token is not good: a client learns none
//! of it.

use axum::Json;
use axum::extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use supplex_kit::Problem;
use supplex_kit::identity::Role;
use uuid::Uuid;

use super::{NO_STORE, State};
use crate::ask::{self, Body, RawLogin, RawRefresh};
use crate::counters::Event;
use crate::model::Grant;
use crate::store::families::Spent;
use crate::tokens::{self, Fresh};

/// Prove who I am with my password
#[utoipa::path(post, path = "/users/login", tag = "session", request_body = RawLogin, responses(
    (status = 200, description = "Tokens.", body = Grant),
    (status = 400, description = "Something is wrong with the request; `errors` says what.",
     content_type = "application/problem+json", body = Problem),
    (status = 401, description = "E-mail and password do not belong together.",
     content_type = "application/problem+json", body = Problem),
    (status = 413, description = "The body is too long.", content_type = "application/problem+json", body = Problem),
))]
pub(crate) async fn login(extract::State(state): extract::State<State>, body: Body) -> Result<Response, Problem> {
    let asked = ask::login(body)?;
    let known = match &asked.email {
        Some(email) => state.store.by_email(email).await?,
        None => None,
    };
    // Also when nobody is known, so that it takes as long.
    let hash = known.as_ref().map(|known| known.password_hash.as_str());
    let good = state.passwords.verify(asked.password, hash).await?;
    if let Some(known) = known.filter(|_| good) {
        let fresh = Fresh::new().map_err(broken)?;
        let begun = state.store.begin(known.user.id, &known.password_hash, &fresh.hash, &state.lifetimes).await?;
        if let Some(seconds) = begun {
            let answer = grant(&state, known.user.id, known.user.role, fresh.token, seconds)?;
            state.counters.event(Event::LoggedIn);
            return Ok(answer);
        }
    }
    state.counters.event(Event::LoginRefused);
    Err(Problem::unauthorized("login.refused", "E-mail and password do not belong together."))
}

/// Get new tokens for a refresh token
///
/// A refresh token can be used once. Using it again revokes all that came from the same login.
#[utoipa::path(post, path = "/users/refresh", tag = "session", request_body = RawRefresh, responses(
    (status = 200, description = "Tokens. The refresh token that was sent is used up.", body = Grant),
    (status = 400, description = "Something is wrong with the request; `errors` says what.",
     content_type = "application/problem+json", body = Problem),
    (status = 401, description = "The refresh token is not good (any more).",
     content_type = "application/problem+json", body = Problem),
    (status = 413, description = "The body is too long.", content_type = "application/problem+json", body = Problem),
))]
pub(crate) async fn refresh(extract::State(state): extract::State<State>, body: Body) -> Result<Response, Problem> {
    let token = ask::refresh_token(body)?;
    let spent = match tokens::hash(&token) {
        Some(hash) => {
            let fresh = Fresh::new().map_err(broken)?;
            match state.store.spend(&hash, &fresh.hash, &state.lifetimes).await? {
                Spent::Good { user, role, seconds } => {
                    let answer = grant(&state, user, role, fresh.token, seconds)?;
                    state.counters.event(Event::Refreshed);
                    return Ok(answer);
                }
                other => other,
            }
        }
        None => Spent::Refused,
    };
    if let Spent::Reused { user } = spent {
        tracing::warn!(%user, "a used refresh token came again: its family is revoked");
        state.counters.event(Event::Reuse);
    }
    state.counters.event(Event::RefreshRefused);
    Err(Problem::unauthorized("refresh.refused", "The refresh token is not good. Log in again."))
}

/// End what came from one login
///
/// The same answer whether the token was good or not (RFC 7009 section 2.2). Access tokens stay good until they expire.
#[utoipa::path(post, path = "/users/logout", tag = "session", request_body = RawRefresh, responses(
    (status = 204, description = "No refresh token of that login is good any more."),
    (status = 400, description = "Something is wrong with the request; `errors` says what.",
     content_type = "application/problem+json", body = Problem),
    (status = 413, description = "The body is too long.", content_type = "application/problem+json", body = Problem),
))]
pub(crate) async fn logout(extract::State(state): extract::State<State>, body: Body) -> Result<Response, Problem> {
    let token = ask::refresh_token(body)?;
    if let Some(hash) = tokens::hash(&token)
        && state.store.revoke(&hash).await?
    {
        state.counters.event(Event::LoggedOut);
    }
    Ok((StatusCode::NO_CONTENT, [NO_STORE]).into_response())
}

fn grant(state: &State, user: Uuid, role: Role, refresh_token: String, seconds: u32) -> Result<Response, Problem> {
    let expires_in = state.lifetimes.access_token_seconds;
    let (kid, key) = state.ring.signing().ok_or_else(|| broken(tokens::Failure("no key signs")))?;
    let access_token = tokens::access(user, role, expires_in, &kid, &key).map_err(broken)?;
    let (token_type, refresh_expires_in) = ("Bearer", seconds);
    let grant = Grant { access_token, token_type, expires_in, refresh_token, refresh_expires_in };
    Ok(([NO_STORE], Json(grant)).into_response())
}

fn broken(failure: tokens::Failure) -> Problem {
    tracing::error!("no token could be made: {}", failure.0);
    Problem::internal()
}
