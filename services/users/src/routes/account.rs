//! Registering, and what a user sees and changes about themselves.

use axum::Json;
use axum::extract;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use supplex_kit::Problem;
use supplex_kit::identity::{Identity, Role};

use super::{NO_STORE, State};
use crate::ask::{self, Body, RawChanges, RawRegistration};
use crate::counters::Event;
use crate::model::User;
use crate::store::Change;

/// Make an account
#[utoipa::path(post, path = "/users/register", tag = "account", request_body = RawRegistration, responses(
    (status = 201, description = "The account. A login gives its tokens.", body = User,
     headers(("location" = String, description = "Where its user finds it."))),
    (status = 400, description = "Something is wrong with the request; `errors` says what.",
     content_type = "application/problem+json", body = Problem),
    (status = 409, description = "There is an account with this e-mail already.",
     content_type = "application/problem+json", body = Problem),
    (status = 413, description = "The body is too long.", content_type = "application/problem+json", body = Problem),
))]
pub(crate) async fn register(extract::State(state): extract::State<State>, body: Body) -> Result<Response, Problem> {
    let asked = ask::registration(body)?;
    let hash = state.passwords.hash(asked.password).await?;
    let user = state.store.add(&asked.email, &asked.name, Role::Customer, &hash).await?;
    state.counters.event(Event::Registered);
    let place = (header::LOCATION, HeaderValue::from_static("/users/me"));
    Ok((StatusCode::CREATED, [NO_STORE, place], Json(user)).into_response())
}

/// Who I am
#[utoipa::path(get, path = "/users/me", tag = "account", security(("bearer" = [])), responses(
    (status = 200, description = "The user of the access token.", body = User),
    (status = 401, description = "There is no good access token.",
     content_type = "application/problem+json", body = Problem),
))]
pub(crate) async fn show(
    identity: Identity,
    extract::State(state): extract::State<State>,
) -> Result<Response, Problem> {
    let user = state.store.user(identity.user).await?.ok_or_else(gone)?;
    Ok(([NO_STORE], Json(user)).into_response())
}

/// Change my name, my e-mail or my password
#[utoipa::path(patch, path = "/users/me", tag = "account", security(("bearer" = [])), request_body = RawChanges,
    responses(
    (status = 200, description = "The user as it is now. A new password has ended every session.", body = User),
    (status = 400, description = "Something is wrong with the request; `errors` says what.",
     content_type = "application/problem+json", body = Problem),
    (status = 401, description = "There is no good access token.",
     content_type = "application/problem+json", body = Problem),
    (status = 403, description = "`current_password` is not the user's.",
     content_type = "application/problem+json", body = Problem),
    (status = 409, description = "Somebody else has this e-mail.",
     content_type = "application/problem+json", body = Problem),
    (status = 413, description = "The body is too long.", content_type = "application/problem+json", body = Problem),
))]
pub(crate) async fn change(
    identity: Identity,
    extract::State(state): extract::State<State>,
    body: Body,
) -> Result<Response, Problem> {
    let user = changed(&state, identity, body).await?.ok_or_else(gone)?;
    Ok(([NO_STORE], Json(user)).into_response())
}

/// The token outlived its user, or the password that came with it.
fn gone() -> Problem {
    Problem::unauthorized("access.token_invalid", "The access token is not a good one any more. Log in again.")
}

async fn changed(state: &State, identity: Identity, body: Body) -> Result<Option<User>, Problem> {
    let asked = ask::changes(body)?;
    let mut if_hash = None;
    if let Some(password) = asked.current_password {
        let Some(known) = state.store.by_id(identity.user).await? else { return Ok(None) };
        if !state.passwords.verify(password, Some(&known.password_hash)).await? {
            let detail = "That is not the current password.";
            return Err(Problem::new(StatusCode::FORBIDDEN, "password.wrong", detail));
        }
        if_hash = Some(known.password_hash);
    }
    let new_hash = match asked.new_password {
        Some(password) => Some(state.passwords.hash(password).await?),
        None => None,
    };
    let change = Change {
        name: asked.name.as_deref(),
        email: asked.email.as_ref(),
        password_hash: new_hash.as_deref(),
        if_hash: if_hash.as_deref(),
    };
    let user = state.store.change(identity.user, &change).await?;
    if user.is_some() && new_hash.is_some() {
        state.counters.event(Event::PasswordChanged);
    }
    Ok(user)
}
