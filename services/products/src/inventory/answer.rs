//! Answers to wishes for reservations.
//!
//! How an answer is kept and repeated is the kit's affair (`supplex_kit::idempotency`).

use axum::http::{HeaderValue, StatusCode, header};
use supplex_kit::idempotency::Answer;
use supplex_kit::{FieldError, Problem};

use super::reservation::Reservation;

/// 201: everything is set aside. Its place is relative to what was asked for, as a gateway may have put something in front
/// of that path.
pub(crate) fn held(reservation: &Reservation) -> Result<Answer, serde_json::Error> {
    let answer = Answer::json(StatusCode::CREATED, reservation)?;
    // A UUID is always a value.
    let place = HeaderValue::try_from(format!("reservations/{}", reservation.id)).ok();
    Ok(match place {
        Some(place) => answer.with(header::LOCATION, place),
        None => answer,
    })
}

/// 409: not everything is there, so nothing was set aside.
pub(crate) fn short(errors: Vec<FieldError>) -> Result<Answer, serde_json::Error> {
    let detail = "Not everything is there, so nothing was reserved.";
    Answer::problem(&Problem::new(StatusCode::CONFLICT, "stock.short", detail).with_errors(errors))
}

/// What an answer says, for the metrics.
pub(crate) fn outcome(answer: &Answer) -> &'static str {
    match (answer.is_replayed(), answer.status().is_success()) {
        (true, _) => "replayed",
        (false, true) => "held",
        (false, false) => "short",
    }
}
