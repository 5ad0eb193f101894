//! Answers to reservations, which are kept, so that the same request always gets the same one.
//!
//! An answer is kept as the bytes that were sent. Errors that a repetition might not meet (5xx, and what is wrong with the
//! request itself) are never kept.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use supplex_kit::{FieldError, Problem};
use uuid::Uuid;

use super::reservation::Reservation;

/// Says that the effect is from an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An answer to a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    status: StatusCode,
    body: String,
    /// Where the reservation is, if there is one. Relative to what was asked for, as a gateway may have put something in
    /// front of that path.
    location: Option<String>,
    replayed: bool,
}

/// What a kept body says about its place. A problem has no id.
#[derive(Deserialize)]
struct Kept {
    id: Uuid,
}

impl Answer {
    /// 201: everything is set aside.
    pub(crate) fn held(reservation: &Reservation) -> Self {
        let location = Some(format!("reservations/{}", reservation.id));
        Self { status: StatusCode::CREATED, body: text(reservation), location, replayed: false }
    }

    /// 409: not everything is there, so nothing was set aside.
    pub(crate) fn short(errors: Vec<FieldError>) -> Self {
        let detail = "Not everything is there, so nothing was reserved.";
        let problem = Problem::new(StatusCode::CONFLICT, "stock.short", detail).with_errors(errors);
        Self { status: problem.status(), body: text(&problem), location: None, replayed: false }
    }

    /// An answer that was kept. `None` if it cannot have been one.
    pub(crate) fn kept(status: i16, body: String) -> Option<Self> {
        let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok())?;
        let id = serde_json::from_str::<Kept>(&body).ok();
        let location = id.map(|kept| format!("reservations/{}", kept.id));
        Some(Self { status, body, location, replayed: true })
    }

    /// What it says, for the metrics.
    pub(crate) fn outcome(&self) -> &'static str {
        match (self.replayed, self.status.is_success()) {
            (true, _) => "replayed",
            (false, true) => "held",
            (false, false) => "short",
        }
    }

    /// The body, as it is kept.
    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    /// The status, as it is kept.
    pub(crate) fn status_column(&self) -> i16 {
        // Three digits always fit.
        i16::try_from(self.status.as_u16()).unwrap_or_default()
    }
}

fn text(value: &impl Serialize) -> String {
    // Cannot fail: there are no maps with keys other than text in it.
    serde_json::to_string(value).unwrap_or_default()
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let kind = if self.status.is_success() { "application/json" } else { "application/problem+json" };
        let mut response = (self.status, [(header::CONTENT_TYPE, kind)], self.body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(Ok(location)) = self.location.map(HeaderValue::try_from) {
            headers.insert(header::LOCATION, location);
        }
        if self.replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}
