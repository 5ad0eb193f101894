//! What a checkout and a cancellation are answered, by where the order stands. Decides nothing about the order.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use supplex_kit::{FieldError, Problem};

use crate::model::OrderState;
use crate::saga::Reason;
use crate::store::Found;

/// Says that the order is from an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// No answer about somebody's orders may be kept by anybody.
pub(crate) const NO_STORE: (HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// The answer to a checkout, with the place of its order.
pub(crate) fn of_checkout(found: Found, replayed: bool) -> Response {
    // Relative to what was asked for, as a gateway may have put something in front of that path.
    let location = HeaderValue::try_from(format!("orders/{}", found.order.id));
    let mut response = match (found.order.state, found.reason) {
        (OrderState::Failed, Some(reason)) => failed(reason, &found).into_response(),
        (OrderState::Pending, _) => (StatusCode::ACCEPTED, Json(found.order)).into_response(),
        _ => (StatusCode::CREATED, Json(found.order)).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(NO_STORE.0, NO_STORE.1);
    if let Ok(location) = location {
        headers.insert(header::LOCATION, location);
    }
    if replayed {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// The answer to a cancellation.
pub(crate) fn of_cancellation(found: Found) -> Response {
    let status = if found.order.state.is_moving() { StatusCode::ACCEPTED } else { StatusCode::OK };
    (status, [NO_STORE], Json(found.order)).into_response()
}

fn failed(reason: Reason, found: &Found) -> Problem {
    let status = match reason {
        Reason::StockInsufficient | Reason::ReservationExpired => StatusCode::CONFLICT,
        Reason::PaymentDeclined | Reason::PaymentUnavailable | Reason::PaymentRefused => StatusCode::PAYMENT_REQUIRED,
    };
    let problem = Problem::new(status, reason.word(), found.detail.clone().unwrap_or_default());
    match found.missing.as_slice() {
        [] => problem,
        missing => problem.with_errors(missing.iter().map(FieldError::from).collect()),
    }
}
