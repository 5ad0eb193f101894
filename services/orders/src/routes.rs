//! The API: from requests to the store and the runner, and back. Knows no SQL.
//!
//! Where to read on: `routes/cart.rs`, `routes/checkout.rs` for what begins a saga, `routes/orders.rs` for reading.

use aws_lc_rs::hmac;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use supplex_kit::Problem;
use supplex_kit::identity::Verifier;
use supplex_kit::openapi::{Api, routes};
use utoipa::IntoResponses;

use crate::ask::LONGEST_BODY;
use crate::calls::Calls;
use crate::counters::Counters;
use crate::runner::Runner;
use crate::settings::Work;
use crate::store::Store;

mod cart;
mod checkout;
mod orders;

/// What the description says first.
const DESCRIPTION: &str = "Carts and orders. Every request needs an access token, and shows only what is its user's; an \
admin may read every order.

A checkout (`POST /orders`) takes the cart and makes an order of it, at the prices at which the stock is reserved. It \
reserves the stock, holds the money, sells the stock and takes the money, and takes back what it did when one of these is \
refused. Each step is written down before it is taken and asked for again until it is answered, so a checkout that was \
accepted always ends: `paid`, or `failed` with nothing charged.

The same Idempotency-Key of the same user always means the same order, for ever: repeating a request is safe, and is how \
to find out what became of one whose answer was lost.

The number of the card is kept until the authorisation is decided, and removed with its answer.";

/// Of every operation: each needs to know who asks.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes")]
enum Guarded {
    /// There is no good access token.
    #[response(status = 401, content_type = "application/problem+json")]
    NoToken(Problem),
}

/// Of operations that read a body.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes")]
enum Bounded {
    /// The body is too long.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLong(Problem),
}

/// Of operations on an order that exists.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes")]
enum OfOrder {
    /// There is no such order, or it is somebody else's.
    #[response(status = 404, content_type = "application/problem+json")]
    None(Problem),
}

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) calls: Calls,
    pub(crate) runner: Runner,
    pub(crate) verifier: Verifier,
    pub(crate) counters: Counters,
    pub(crate) work: Work,
    /// What fingerprints of requests are made with.
    pub(crate) fingerprints: hmac::Key,
}

impl FromRef<State> for Verifier {
    fn from_ref(state: &State) -> Self {
        state.verifier.clone()
    }
}

/// Every route, described.
pub(crate) fn api() -> Api<State> {
    Api::new("Orders", DESCRIPTION)
        .routes(routes!(cart::show, cart::clear))
        .routes(routes!(cart::put, cart::remove))
        .routes(routes!(orders::list, checkout::place))
        .routes(routes!(orders::one))
        .routes(routes!(checkout::cancel))
}

/// The routes of the orders.
pub(crate) fn router(state: State) -> Router {
    api().into_router(state).layer(DefaultBodyLimit::max(LONGEST_BODY))
}
