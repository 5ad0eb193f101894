//! What is answered to work on payments, and what it counts as.
//!
//! How an answer is kept and repeated is the kit's affair (`supplex_kit::idempotency`).

use axum::http::StatusCode;
use supplex_kit::Problem;
use supplex_kit::idempotency::Answer;

use crate::model::{Payment, Refusal, State};

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

/// An answer with what it counts as.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) answer: Answer,
    pub(crate) outcome: Outcome,
}

/// One from an earlier request.
impl From<Answer> for Answered {
    fn from(answer: Answer) -> Self {
        Self { answer, outcome: Outcome::Replayed }
    }
}

impl Answered {
    /// 201: a payment was made, though its card may have refused.
    pub(crate) fn created(payment: &Payment) -> Result<Self, serde_json::Error> {
        let outcome = if payment.state == State::Declined { Outcome::Declined } else { Outcome::Done };
        Ok(Self { answer: Answer::json(StatusCode::CREATED, payment)?, outcome })
    }

    /// 200: a payment was changed.
    pub(crate) fn done(payment: &Payment) -> Result<Self, serde_json::Error> {
        Ok(Self { answer: Answer::json(StatusCode::OK, payment)?, outcome: Outcome::Done })
    }

    /// 409: a payment could not be changed.
    pub(crate) fn refused(refusal: &Refusal) -> Result<Self, serde_json::Error> {
        let (reason, detail) = match refusal {
            Refusal::State(state) => {
                ("payment.state", format!("The payment is {}, which rules this out.", state.word()))
            }
            Refusal::Amount(left) => ("payment.amount", format!("That is more than the {left} that are left.")),
            Refusal::Currency(currency) => ("payment.currency", format!("This payment is in {currency}.")),
        };
        let answer = Answer::problem(&Problem::new(StatusCode::CONFLICT, reason, detail))?;
        Ok(Self { answer, outcome: Outcome::Refused })
    }
}
