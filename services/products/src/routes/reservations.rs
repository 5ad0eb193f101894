//! Reservations: set stock aside, then sell it or give it back.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use supplex_kit::Problem;

use super::{Api, Body, Id, bytes, id};
use crate::inventory::Step;
use crate::inventory::answer::Answer;
use crate::inventory::reservation::{self, Reservation, Wish};
use crate::inventory::ticket::Ticket;

/// What is read is one of these.
const RESERVATION: &str = "reservation";

/// Set stock aside for an order
///
/// All items or none. The same Idempotency-Key with the same request has the same answer and no second effect, also at
/// the same time and on another node; then `Idempotency-Replayed: true` says so. Answers of 4xx other than 409, and of
/// 5xx, are not kept.
#[utoipa::path(post, path = "/reservations", tag = "reservations", request_body = Wish,
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses(
        (status = 201, description = "The reservation, with its place in Location.", body = Reservation),
        (status = 409, description = "Not everything is there; `errors` says what is missing. Nothing is reserved."),
        (status = 422, description = "The Idempotency-Key came before with another request."),
    ))]
pub(crate) async fn reserve(State(api): State<Api>, headers: HeaderMap, body: Body) -> Result<Answer, Problem> {
    let wish = reservation::wish(&bytes(body)?)?;
    let ticket = Ticket::new(&headers, wish)?;
    let answer = api.inventory.reserve(&ticket).await?;
    api.counters.reservations(answer.outcome(), 1);
    Ok(answer)
}

/// Read a reservation
#[utoipa::path(get, path = "/reservations/{id}", tag = "reservations", params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The reservation.", body = Reservation),
        (status = 404, description = "There is no such reservation."),
    ))]
pub(crate) async fn one(State(api): State<Api>, path: Id) -> Result<Response, Problem> {
    Ok(answer(&api.inventory.reservation(id(path, RESERVATION)?).await?))
}

/// Sell what is reserved
///
/// Doing it again has the same answer.
#[utoipa::path(post, path = "/reservations/{id}/commit", tag = "reservations", params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The reservation, which is committed.", body = Reservation),
        (status = 404, description = "There is no such reservation."),
        (status = 409, description = "It was released or has expired."),
    ))]
pub(crate) async fn commit(State(api): State<Api>, path: Id) -> Result<Response, Problem> {
    step(&api, path, Step::Commit).await
}

/// Give back what is reserved
///
/// Doing it again has the same answer. A reservation that has expired is given back already, and stays expired.
#[utoipa::path(post, path = "/reservations/{id}/release", tag = "reservations", params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The reservation, which is released or has expired.", body = Reservation),
        (status = 404, description = "There is no such reservation."),
        (status = 409, description = "It was committed."),
    ))]
pub(crate) async fn release(State(api): State<Api>, path: Id) -> Result<Response, Problem> {
    step(&api, path, Step::Release).await
}

async fn step(api: &Api, path: Id, step: Step) -> Result<Response, Problem> {
    let outcome = api.inventory.step(id(path, RESERVATION)?, step).await?;
    let state = outcome.reservation.state;
    if outcome.stepped {
        api.counters.reservations(state.word(), 1);
    }
    if outcome.granted {
        if !outcome.stepped {
            api.counters.reservations("repeated", 1);
        }
        return Ok(answer(&outcome.reservation));
    }
    api.counters.reservations("refused", 1);
    let detail = format!("The reservation is {}, which rules this out.", state.word());
    Err(Problem::new(StatusCode::CONFLICT, "reservation.state", detail))
}

fn answer(reservation: &Reservation) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(reservation)).into_response()
}
