//! What begins a saga: a checkout, and a cancellation. Both wait for its end for a while, and go on without whoever asked.

use std::time::Duration;

use aws_lc_rs::hmac;
use axum::extract;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::json;
use supplex_kit::Problem;
use supplex_kit::idempotency::{Key, KeyField};
use supplex_kit::identity::Identity;
use supplex_kit::openapi::{Checked, OncePerKey};
use tokio::time::Instant;

use super::{Bounded, Guarded, OfOrder, State};
use crate::answer;
use crate::ask::{self, Body, Id, RawCheckout};
use crate::calls::Trace;
use crate::card::Card;
use crate::model::Order;
use crate::store::{Placed, Ticket};

/// What an answer needs of the time that the client gives us.
const RESERVE: Duration = Duration::from_millis(200);

/// Order what is in my cart, and pay
///
/// The order takes what is in the cart, and the cart is empty then. With If-Match it takes only the cart that has this ETag.
/// Repeating the request with its key is safe at any time: the answer is that of the same order, as it is then.
#[utoipa::path(post, path = "/orders", tag = "orders", security(("bearer" = [])), request_body = RawCheckout,
    params(KeyField, ("If-Match" = Option<String>, Header, description = "The ETag of the cart that was shown.")),
    responses(
    (status = 201, description = "The order is paid, or was and has been cancelled since.", body = Order,
     headers(("location" = String, description = "Where the order is."),
      ("idempotency-replayed" = String, description = "`true` when the order is from an earlier request."))),
    (status = 202, description = "The order is being worked on, and goes on by itself.", body = Order,
     headers(("location" = String, description = "Where the order is."))),
    (status = 402, description = "The order has failed: the money could not be had. Nothing was charged.",
     content_type = "application/problem+json", body = Problem),
    (status = 409, description = "The cart is empty, and there is no order; or the order has failed: not everything is \
     there (`errors` says what), or the payment took longer than the reservation held.",
     content_type = "application/problem+json", body = Problem),
    (status = 412, description = "The cart has changed since. There is no order.",
     content_type = "application/problem+json", body = Problem),
    Checked, Guarded, Bounded, OncePerKey,
))]
pub(crate) async fn place(
    identity: Identity,
    extract::State(state): extract::State<State>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let until = until(&state, &headers);
    let (key, card) = (Key::of(&headers)?, ask::checkout(body)?);
    let ticket = Ticket {
        user: identity.user,
        key: key.as_str().to_owned(),
        fingerprint: fingerprint(&state.fingerprints, &card),
        card,
        hold_seconds: state.work.reservation_seconds,
        cart_version: ask::if_match(&headers)?,
        trace: Trace::of(&headers),
    };
    let place = state.runner.place();
    let placed = state.store.place(&ticket, place.as_ref().map(|_| state.runner.lease())).await?;
    let (watch, replayed) = match placed {
        Placed::Known(id) => {
            // Whoever works on that order needs it, while we only wait.
            drop(place);
            (state.runner.watch(id, false), true)
        }
        Placed::New(case) => {
            state.counters.order("placed");
            let watch = state.runner.watch(case.order, true);
            match place {
                Some(place) => state.runner.begin(*case, place),
                None => state.runner.wake(),
            }
            (watch, false)
        }
    };
    Ok(answer::of_checkout(state.runner.settled(watch, until).await?, replayed))
}

/// Cancel an order that is paid
///
/// The money and the stock are given back. Repeating it has the same answer.
#[utoipa::path(post, path = "/orders/{id}/cancel", tag = "orders", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The `id` of an order of mine.")), responses(
    (status = 200, description = "The order is cancelled.", body = Order),
    (status = 202, description = "It will be, by itself.", body = Order),
    (status = 409, description = "It is not paid (yet).", content_type = "application/problem+json", body = Problem),
    Checked, Guarded, OfOrder, Bounded,
))]
pub(crate) async fn cancel(
    identity: Identity,
    extract::State(state): extract::State<State>,
    path: Id,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let until = until(&state, &headers);
    let id = ask::id(path, "an order")?;
    ask::nothing(body)?;
    let (watch, place) = (state.runner.watch(id, false), state.runner.place());
    let lease = place.as_ref().map(|_| state.runner.lease());
    let begun = state.store.cancel(id, identity.user, &Trace::of(&headers), lease).await?;
    match (begun, place) {
        (Some(case), Some(place)) => state.runner.begin(case, place),
        (Some(_), None) => state.runner.wake(),
        (None, _) => {}
    }
    Ok(answer::of_cancellation(state.runner.settled(watch, until).await?))
}

/// Until when an answer can wait: for as long as we may, and no longer than the client says that it does.
fn until(state: &State, headers: &HeaderMap) -> Instant {
    let given = headers.get("x-request-deadline-ms").and_then(|value| value.to_str().ok()?.parse().ok());
    let given = given.map(|milliseconds| Duration::from_millis(milliseconds).saturating_sub(RESERVE));
    Instant::now() + given.unwrap_or(state.work.checkout_wait).min(state.work.checkout_wait)
}

/// What is the same for the same request. It is kept for ever, and there are too few numbers of cards for a plain hash to
/// hide one; so it is made with a secret that the database does not have.
fn fingerprint(key: &hmac::Key, card: &Card) -> Vec<u8> {
    let work = json!({ "card": { "number": card.number() } });
    hmac::sign(key, work.to_string().as_bytes()).as_ref().to_vec()
}
