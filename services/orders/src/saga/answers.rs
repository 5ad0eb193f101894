//! What the answers of products and payments mean for a step. Pure.
//!
//! Only answers that the services give about the work itself decide anything. What stands between us and them answers too
//! (a gateway that finds no node, a limit, a token that is not taken): none of that says what became of the work.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use supplex_kit::FieldError;
use uuid::Uuid;

use super::{Answer, Reason, Step};
use crate::model::Money;

/// What a service showed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
    /// What products did or had done already.
    Reservation(Reservation),
    /// What payments did or had done already.
    Payment(Payment),
    /// Payments refused; this is how the payment stands.
    Standing(Payment),
    /// An error.
    Error(Problem),
    /// Nothing that can be read. In words, for the log.
    Nothing(String),
}

/// What products says of a reservation.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Reservation {
    pub(crate) id: Uuid,
    pub(crate) items: Vec<ReservedItem>,
    pub(crate) total: Money,
    pub(crate) expires_at: Timestamp,
}

/// Some pieces of one product.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct ReservedItem {
    pub(crate) product: Uuid,
    /// Of one piece.
    pub(crate) price: Money,
}

/// What payments says of a payment.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Payment {
    pub(crate) id: Uuid,
    pub(crate) state: PaymentState,
    pub(crate) decline: Option<String>,
    pub(crate) amount: Money,
    pub(crate) captured: Money,
    pub(crate) refunded: Money,
}

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaymentState {
    Authorised,
    Declined,
    Captured,
    Refunded,
    Voided,
}

/// What a problem document says. One that is none says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    /// Of the response, not of the document.
    #[serde(skip)]
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) detail: String,
    pub(crate) errors: Vec<Missing>,
}

/// One thing that is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Missing {
    pub(crate) parameter: String,
    pub(crate) detail: String,
}

impl From<&Missing> for FieldError {
    fn from(missing: &Missing) -> Self {
        Self::new(&missing.parameter, &missing.detail)
    }
}

impl Seen {
    /// What this means for `step`.
    pub(crate) fn means(&self, step: Step) -> Answer {
        match self {
            Self::Reservation(_) => of_reservation(step),
            Self::Payment(payment) => of_payment(step, payment),
            Self::Standing(payment) => match of_payment(step, payment) {
                Answer::Done => Answer::Done,
                _ if payment.can_change() => Answer::Unknown,
                _ => Answer::Refused,
            },
            Self::Error(problem) => of_problem(step, problem),
            Self::Nothing(_) => Answer::Unknown,
        }
    }

    /// What a person should know of it.
    pub(crate) fn note(&self) -> Option<String> {
        match self {
            Self::Payment(payment) => payment.decline.as_ref().map(|why| format!("the card refused: {why}")),
            Self::Standing(payment) => Some(format!("the payment is {:?}", payment.state).to_lowercase()),
            Self::Error(problem) => {
                Some(format!("{} {} {}", problem.status, problem.reason, problem.detail).trim().to_owned())
            }
            Self::Nothing(why) => Some(why.clone()),
            Self::Reservation(_) => None,
        }
    }

    /// What was missing, item by item, if this says so.
    pub(crate) fn missing(&self) -> Option<&[Missing]> {
        match self {
            Self::Error(problem) if !problem.errors.is_empty() => Some(&problem.errors),
            _ => None,
        }
    }
}

impl Reason {
    /// What the customer should know.
    pub(crate) fn detail(self, seen: &Seen) -> String {
        let why = match seen {
            Seen::Payment(payment) => payment.decline.as_deref().filter(|word| *word != "declined"),
            _ => None,
        };
        match (self, why) {
            (Self::PaymentDeclined, Some(why)) => format!("The card was declined: {}.", why.replace('_', " ")),
            (Self::PaymentDeclined, None) => "The card was declined.".to_owned(),
            (Self::StockInsufficient, _) => "Not everything is there, so nothing was ordered.".to_owned(),
            (Self::PaymentUnavailable, _) => "The provider of payments failed; nothing was charged.".to_owned(),
            (Self::ReservationExpired, _) => "The payment took too long; nothing was charged.".to_owned(),
            (Self::PaymentRefused, _) => "The money could not be taken; nothing was charged.".to_owned(),
        }
    }
}

impl Payment {
    /// Whether what was refused may be possible the next time.
    fn can_change(&self) -> bool {
        matches!(self.state, PaymentState::Authorised | PaymentState::Captured)
    }
}

/// Products answers with the reservation only when it stands as it was asked to.
fn of_reservation(step: Step) -> Answer {
    match step {
        Step::Reserve | Step::Commit | Step::Release | Step::Return => Answer::Done,
        Step::Authorise | Step::Capture | Step::Void | Step::Refund => Answer::Unknown,
    }
}

fn of_payment(step: Step, payment: &Payment) -> Answer {
    let done = match step {
        Step::Authorise if payment.state == PaymentState::Declined => return Answer::Refused,
        Step::Authorise => true,
        Step::Capture => payment.captured == payment.amount,
        // Nothing is held after any of these.
        Step::Void => matches!(payment.state, PaymentState::Voided | PaymentState::Declined | PaymentState::Refunded),
        Step::Refund => payment.state == PaymentState::Refunded && payment.refunded == payment.captured,
        Step::Reserve | Step::Commit | Step::Release | Step::Return => false,
    };
    if done { Answer::Done } else { Answer::Unknown }
}

fn of_problem(step: Step, problem: &Problem) -> Answer {
    match (step, problem.status, problem.reason.as_str()) {
        (Step::Reserve, 409, "stock.short") => Answer::Refused,
        (Step::Commit | Step::Release | Step::Return, 409, "reservation.state") => Answer::Refused,
        // A number or an amount that payments does not take now, it never takes.
        (Step::Authorise, 400, "request.invalid") => Answer::Refused,
        (Step::Authorise, 502, "psp.failed") => Answer::NotDone,
        _ => Answer::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(status: u16, reason: &str) -> Seen {
        Seen::Error(Problem { status, reason: reason.into(), ..Problem::default() })
    }

    fn payment(state: PaymentState, captured: i64, refunded: i64) -> Payment {
        let eur = |minor| Money { minor, currency: "EUR".into() };
        let (amount, captured, refunded) = (eur(100), eur(captured), eur(refunded));
        Payment { id: Uuid::nil(), state, decline: None, amount, captured, refunded }
    }

    #[test]
    fn only_what_the_services_say_about_the_work_decides_anything() {
        use Answer::{NotDone, Refused, Unknown};
        for (step, status, reason, means) in [
            (Step::Reserve, 409, "stock.short", Refused),
            (Step::Reserve, 404, "route.none", Unknown),
            (Step::Reserve, 429, "limit.exceeded", Unknown),
            (Step::Reserve, 401, "access.token_missing", Unknown),
            (Step::Reserve, 422, "idempotency.key_reused", Unknown),
            (Step::Commit, 409, "reservation.state", Refused),
            (Step::Commit, 404, "resource.none", Unknown),
            (Step::Authorise, 400, "request.invalid", Refused),
            (Step::Authorise, 400, "request.malformed", Unknown),
            (Step::Authorise, 502, "psp.failed", NotDone),
            (Step::Authorise, 502, "upstream.reset", Unknown),
            (Step::Authorise, 503, "database.busy", Unknown),
            (Step::Capture, 409, "payment.state", Unknown),
        ] {
            assert_eq!(problem(status, reason).means(step), means, "{step:?} {status} {reason}");
        }
    }

    #[test]
    fn a_refusal_of_what_is_done_already_is_as_good_as_done() {
        use PaymentState::{Authorised, Captured, Refunded, Voided};
        for (step, standing, means) in [
            (Step::Capture, payment(Captured, 100, 0), Answer::Done),
            (Step::Capture, payment(Voided, 0, 0), Answer::Refused),
            (Step::Capture, payment(Authorised, 0, 0), Answer::Unknown),
            (Step::Refund, payment(Refunded, 100, 100), Answer::Done),
            (Step::Refund, payment(Captured, 100, 0), Answer::Unknown),
            (Step::Void, payment(Voided, 0, 0), Answer::Done),
            (Step::Void, payment(Captured, 100, 0), Answer::Unknown),
        ] {
            assert_eq!(Seen::Standing(standing.clone()).means(step), means, "{step:?} {standing:?}");
        }
    }
}
