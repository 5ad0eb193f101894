//! The API: from requests to the store and back. Knows no SQL.
//!
//! Where to read on: `routes/account.rs` for who somebody is, `routes/session.rs` for proving it, `routes/keys.rs` for
//! how others check the proof.

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::http::{HeaderName, HeaderValue, header};
use supplex_kit::identity::Verifier;
use supplex_kit::openapi::{Api, routes};

use crate::ask::LONGEST_BODY;
use crate::counters::Counters;
use crate::keys::Ring;
use crate::password::Passwords;
use crate::settings::Lifetimes;
use crate::store::Store;

mod account;
mod keys;
mod session;

/// What the description says first.
const DESCRIPTION: &str = "Accounts, and tokens that prove to other services who somebody is.

A login gives an access token (a JWT signed with EdDSA, good for 15 minutes; its keys are at `/.well-known/jwks.json`) \
and a refresh token. Each refresh token can be used once; using one again revokes all that came from the same login. \
Whether an e-mail has an account can be found out by registering, and by nothing else.";

/// No answer of this service may be kept by anybody (RFC 6749 section 5.1), but for the keys.
const NO_STORE: (HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) passwords: Passwords,
    pub(crate) ring: Ring,
    pub(crate) verifier: Verifier,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) counters: Counters,
}

impl FromRef<State> for Verifier {
    fn from_ref(state: &State) -> Self {
        state.verifier.clone()
    }
}

/// Every route, described.
pub(crate) fn api() -> Api<State> {
    Api::new("Users", DESCRIPTION)
        .routes(routes!(account::register))
        .routes(routes!(account::show, account::change))
        .routes(routes!(session::login))
        .routes(routes!(session::refresh))
        .routes(routes!(session::logout))
        .routes(routes!(keys::rotate))
        .routes(routes!(keys::published))
}

/// The routes of the users.
pub(crate) fn router(state: State) -> Router {
    api().into_router(state).layer(DefaultBodyLimit::max(LONGEST_BODY))
}
