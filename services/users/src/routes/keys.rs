//! The keys of access tokens: published for everybody, rotated by admins.

use axum::Json;
use axum::extract;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use supplex_kit::Problem;
use supplex_kit::identity::{Admin, KeySet};

use super::{NO_STORE, State};
use crate::model::Announced;

/// The keys that verify access tokens (RFC 7517)
///
/// A key is here before the first token that it signs, and until the last one has expired.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "keys", responses(
    (status = 200, description = "The keys.", body = KeySet),
))]
pub(crate) async fn published(extract::State(state): extract::State<State>) -> Result<Response, Problem> {
    let age = format!("public, max-age={}", state.lifetimes.keys.max_age());
    let age = HeaderValue::from_str(&age).map_err(|_| Problem::internal())?;
    Ok(([(header::CACHE_CONTROL, age)], Json(state.ring.public())).into_response())
}

/// Have a new key sign access tokens
///
/// It is published at once, and signs when everybody has had the time to fetch it.
#[utoipa::path(post, path = "/users/keys/rotate", tag = "keys", security(("bearer" = [])), responses(
    (status = 202, description = "The new key is published.", body = Announced),
    (status = 401, description = "There is no good access token.",
     content_type = "application/problem+json", body = Problem),
    (status = 403, description = "It is not an admin's.", content_type = "application/problem+json", body = Problem),
    (status = 409, description = "The last new key does not sign yet.",
     content_type = "application/problem+json", body = Problem),
))]
pub(crate) async fn rotate(
    Admin(admin): Admin,
    extract::State(state): extract::State<State>,
) -> Result<Response, Problem> {
    let lifetimes = &state.lifetimes;
    let announced: Announced =
        state.store.rotate(lifetimes.keys.key_announce_seconds, lifetimes.access_token_seconds).await?;
    tracing::info!(admin = %admin.user, kid = announced.kid, "a new key is announced");
    // The others read it within their interval, this process at once.
    state.ring.reload().await?;
    Ok((StatusCode::ACCEPTED, [NO_STORE], Json(announced)).into_response())
}
