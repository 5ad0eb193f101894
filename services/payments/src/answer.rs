//! Answers that are kept, so that the same request always gets the same one.
//!
//! An answer is kept as the bytes that were sent. Errors that a repetition might not meet (5xx, and what is wrong with the
//! request itself) are never kept.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use supplex_kit::Problem;

use crate::model::{Payment, Refusal, State};

/// Says that the effect is from an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An answer to work that happens once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    status: StatusCode,
    body: String,
    outcome: Outcome,
}

/// What an answer says, for the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was done.
    Done,
    /// The card refused.
    Declined,
    /// The payment is not in a state for it.
    Refused,
    /// It was here before.
    Replayed,
    /// The provider failed.
    Failed,
}

impl Outcome {
    /// The label.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Declined => "declined",
            Self::Refused => "refused",
            Self::Replayed => "replayed",
            Self::Failed => "failed",
        }
    }
}

impl Answer {
    /// 201: a payment was made, though its card may have refused.
    pub(crate) fn created(payment: &Payment) -> Self {
        let outcome = if payment.state == State::Declined { Outcome::Declined } else { Outcome::Done };
        Self { status: StatusCode::CREATED, body: text(payment), outcome }
    }

    /// 200: a payment was changed.
    pub(crate) fn done(payment: &Payment) -> Self {
        Self { status: StatusCode::OK, body: text(payment), outcome: Outcome::Done }
    }

    /// 409: a payment could not be changed.
    pub(crate) fn refused(refusal: &Refusal) -> Self {
        let (reason, detail) = match refusal {
            Refusal::State(state) => {
                ("payment.state", format!("The payment is {}, which rules this out.", state.word()))
            }
            Refusal::Amount(left) => ("payment.amount", format!("That is more than the {left} that are left.")),
            Refusal::Currency(currency) => ("payment.currency", format!("This payment is in {currency}.")),
        };
        let problem = Problem::new(StatusCode::CONFLICT, reason, detail);
        Self { status: problem.status(), body: text(&problem), outcome: Outcome::Refused }
    }

    /// An answer that was kept. `None` if it cannot have been one.
    pub(crate) fn kept(status: i16, body: String) -> Option<Self> {
        let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok())?;
        Some(Self { status, body, outcome: Outcome::Replayed })
    }

    pub(crate) fn outcome(&self) -> Outcome {
        self.outcome
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
        if self.outcome == Outcome::Replayed {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}
