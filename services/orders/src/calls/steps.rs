//! The steps of a saga as requests, always the same for the same order, and what their answers show.

use std::time::Duration;

use axum::http::Method;
use hyper::body::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::again::Patience;
use super::send::{Call, Reply};
use super::{Calls, Peer};
use crate::case::Case;
use crate::saga::Step;
use crate::saga::answers::{Problem, Seen};

/// What came of asking for a step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) seen: Seen,
    /// How long the answer asks us to wait.
    pub(crate) retry_after: Option<Duration>,
}

impl Said {
    fn nothing(why: impl Into<String>) -> Self {
        Self { seen: Seen::Nothing(why.into()), retry_after: None }
    }
}

/// Where a step is asked for, and with what.
struct Wanted {
    path: String,
    body: Option<Value>,
}

impl Calls {
    /// Asks for `step` of `case`.
    pub(crate) async fn ask(&self, step: Step, case: &Case) -> Said {
        let Some(Wanted { path, body }) = wanted(step, case) else {
            return Said::nothing("what the step needs is not written down");
        };
        let call = Call {
            operation: step.word(),
            method: Method::POST,
            path,
            key: Some(step.key(case.order)),
            body: body.map(|body| Bytes::from(body.to_string())).unwrap_or_default(),
            trace: &case.trace,
            patience: Patience::Step,
        };
        let peer = self.peer(step);
        let reply = match self.send(peer, call).await {
            Ok(reply) => reply,
            Err(why) => return Said::nothing(why),
        };
        let refused = reply.status == 409;
        let said = Said { retry_after: reply.retry_after, seen: seen(step, reply) };
        match step {
            // What was refused may be done already, under a key that payments has forgotten since.
            Step::Capture | Step::Void | Step::Refund if refused => self.standing(case, said).await,
            _ => said,
        }
    }

    fn peer(&self, step: Step) -> &Peer {
        match step {
            Step::Reserve | Step::Commit | Step::Release | Step::Return => &self.products,
            Step::Authorise | Step::Capture | Step::Void | Step::Refund => &self.payments,
        }
    }

    /// How the payment stands, where that can be learned.
    async fn standing(&self, case: &Case, said: Said) -> Said {
        let Some(payment) = case.payment else { return said };
        let call = Call {
            operation: "payment",
            method: Method::GET,
            path: format!("/payments/{payment}"),
            key: None,
            body: Bytes::new(),
            trace: &case.trace,
            patience: Patience::Step,
        };
        match self.send(&self.payments, call).await {
            Ok(reply) if reply.status == 200 => {
                Said { seen: read(&reply.body, Seen::Standing), retry_after: reply.retry_after }
            }
            Ok(_) => said,
            Err(why) => Said::nothing(why),
        }
    }
}

fn wanted(step: Step, case: &Case) -> Option<Wanted> {
    let order = case.order;
    let reservation = |what: &str| {
        let id = case.reservation?;
        Some(Wanted { path: format!("/reservations/{id}/{what}"), body: None })
    };
    let payment = |what: &str, body: Option<Value>| {
        let id = case.payment?;
        Some(Wanted { path: format!("/payments/{id}/{what}"), body })
    };
    match step {
        Step::Reserve => {
            let item = |(product, quantity): &(_, i32)| json!({ "product": product, "quantity": quantity });
            let items: Vec<_> = case.items.iter().map(item).collect();
            let body = json!({ "order": order, "items": items, "ttl_seconds": case.hold_seconds });
            Some(Wanted { path: "/reservations".to_owned(), body: Some(body) })
        }
        Step::Authorise => {
            let (amount, card) = (case.total.as_ref()?, case.card.as_ref()?);
            let body = json!({ "order": order, "amount": amount, "card": { "number": card.number() } });
            Some(Wanted { path: "/payments".to_owned(), body: Some(body) })
        }
        Step::Commit => reservation("commit"),
        Step::Release => reservation("release"),
        Step::Return => reservation("return"),
        // The amount is said, so that nothing is ever taken or given back twice, whatever becomes of keys.
        Step::Capture => payment("capture", Some(json!({ "amount": case.total.as_ref()? }))),
        Step::Refund => payment("refund", Some(json!({ "amount": case.total.as_ref()? }))),
        Step::Void => payment("void", None),
    }
}

fn seen(step: Step, reply: Reply) -> Seen {
    match (step, reply.status) {
        (Step::Reserve | Step::Commit | Step::Release | Step::Return, 200 | 201) => {
            read(&reply.body, Seen::Reservation)
        }
        (Step::Authorise | Step::Capture | Step::Void | Step::Refund, 200 | 201) => read(&reply.body, Seen::Payment),
        (_, status) => {
            // What is no problem document is an error without a reason.
            let problem: Problem = serde_json::from_slice(&reply.body).unwrap_or_default();
            Seen::Error(Problem { status, ..problem })
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8], what: impl FnOnce(T) -> Seen) -> Seen {
    match serde_json::from_slice(body) {
        Ok(value) => what(value),
        Err(error) => Seen::Nothing(format!("an answer that cannot be read: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::card::Card;
    use crate::model::Money;
    use crate::saga::State;

    fn case() -> Case {
        let card = Card::parse("4242424242424242");
        let (order, product) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut case = Case::new(order, Uuid::nil(), card, 600, vec![(product, 3)], crate::calls::Trace::default());
        case.total = Some(Money { minor: 450, currency: "EUR".into() });
        case
    }

    #[test]
    fn what_is_not_known_yet_is_not_asked_for() {
        let mut case = case();
        assert_eq!(case.state, State::Reserving);
        assert!(wanted(Step::Capture, &case).is_none() && wanted(Step::Commit, &case).is_none());
        case.card = None;
        assert!(wanted(Step::Authorise, &case).is_none());
        case.payment = Some(Uuid::from_u128(9));
        let capture = wanted(Step::Capture, &case).expect("a request");
        assert_eq!(capture.path, "/payments/00000000-0000-0000-0000-000000000009/capture");
        assert_eq!(capture.body, Some(json!({ "amount": { "minor": 450, "currency": "EUR" } })));
    }

    #[test]
    fn what_is_no_document_is_an_error_that_decides_nothing() {
        let reply = |status, body: &'static str| Reply { status, body: Bytes::from(body), retry_after: None };
        let seen = |status, body| seen(Step::Authorise, reply(status, body));
        assert_eq!(seen(502, "<html>").means(Step::Authorise), crate::saga::Answer::Unknown);
        assert_eq!(seen(502, r#"{"reason":"psp.failed"}"#).means(Step::Authorise), crate::saga::Answer::NotDone);
        assert!(matches!(seen(201, "{}"), Seen::Nothing(_)));
    }
}
