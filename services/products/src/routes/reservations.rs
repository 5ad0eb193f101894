//! Reservations: set stock aside, sell it, give it back, and take back what was sold. For services alone.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use supplex_kit::Problem;
use supplex_kit::idempotency::{Answer, KeyField, Ticket};
use supplex_kit::openapi::{Checked, ForServices, OfOne, OncePerKey};
use supplex_kit::service_token::FromService;
use utoipa::IntoResponses;

use super::{Api, Body, Id, bytes, id};
use crate::inventory::reservation::{self, Reservation, Wish};
use crate::inventory::{Step, answer};

/// What is read is one of these.
const RESERVATION: &str = "reservation";

/// What the steps of a reservation have in common.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes")]
enum Stepped {
    /// The reservation, which stands where it was to go, whether this request or an earlier one has led it there.
    #[response(status = 200, content_type = "application/json")]
    Granted(Reservation),
    /// Its state rules this out, and stays as it is.
    #[response(status = 409, content_type = "application/problem+json")]
    Refused(Problem),
}

/// Set stock aside for an order
///
/// All items or none. The same Idempotency-Key with the same request has the same answer and no second effect, also at
/// the same time and on another node; then `Idempotency-Replayed: true` says so. Answers of 4xx other than 409, and of
/// 5xx, are not kept; the others for ANSWERS_KEPT_SECONDS, which is a week unless set.
#[utoipa::path(post, path = "/reservations", tag = "reservations", security(("service" = [])), params(KeyField),
    request_body = Wish,
    responses(
        (status = 201, description = "The reservation.", body = Reservation, headers(
            ("location" = String, description = "Its place, relative to that of the request."),
            ("idempotency-replayed" = String, description = "`true` when the effect is from an earlier request."))),
        (status = 409, description = "Not everything is there; `errors` says what is missing. Nothing is reserved.",
         content_type = "application/problem+json", body = Problem),
        Checked, ForServices, OncePerKey,
    ))]
pub(crate) async fn reserve(
    _: FromService,
    State(api): State<Api>,
    headers: HeaderMap,
    body: Body,
) -> Result<Answer, Problem> {
    let wish = reservation::wish(&bytes(body)?)?;
    let ticket = Ticket::new(&headers, wish)?;
    let answer = api.inventory.reserve(&ticket).await?;
    api.counters.reservations(answer::outcome(&answer), 1);
    Ok(answer)
}

/// Read a reservation
#[utoipa::path(get, path = "/reservations/{id}", tag = "reservations", security(("service" = [])),
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, description = "The reservation.", body = Reservation), Checked, ForServices, OfOne))]
pub(crate) async fn one(_: FromService, State(api): State<Api>, path: Id) -> Result<Response, Problem> {
    Ok(shown(&api.inventory.reservation(id(path, RESERVATION)?).await?))
}

/// Sell what is reserved
///
/// Doing it again has the same answer.
#[utoipa::path(post, path = "/reservations/{id}/commit", tag = "reservations", security(("service" = [])),
    params(("id" = uuid::Uuid, Path)), responses(Stepped, Checked, ForServices, OfOne))]
pub(crate) async fn commit(_: FromService, State(api): State<Api>, path: Id) -> Result<Response, Problem> {
    step(&api, path, Step::Commit).await
}

/// Give back what is reserved
///
/// Doing it again has the same answer. A reservation that has expired is given back already, and stays expired.
#[utoipa::path(post, path = "/reservations/{id}/release", tag = "reservations", security(("service" = [])),
    params(("id" = uuid::Uuid, Path)), responses(Stepped, Checked, ForServices, OfOne))]
pub(crate) async fn release(_: FromService, State(api): State<Api>, path: Id) -> Result<Response, Problem> {
    step(&api, path, Step::Release).await
}

/// Take back what was sold
///
/// Doing it again has the same answer. Only what was committed can be returned, all of it at once.
#[utoipa::path(post, path = "/reservations/{id}/return", tag = "reservations", security(("service" = [])),
    params(("id" = uuid::Uuid, Path)), responses(Stepped, Checked, ForServices, OfOne))]
pub(crate) async fn take_back(_: FromService, State(api): State<Api>, path: Id) -> Result<Response, Problem> {
    step(&api, path, Step::Return).await
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
        return Ok(shown(&outcome.reservation));
    }
    api.counters.reservations("refused", 1);
    let detail = format!("The reservation is {}, which rules this out.", state.word());
    Err(Problem::new(StatusCode::CONFLICT, "reservation.state", detail))
}

fn shown(reservation: &Reservation) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(reservation)).into_response()
}
