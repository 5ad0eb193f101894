//! The API: from requests to the store and back. `openapi.json` beside `src/` describes it. Knows no SQL.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router};
use prometheus::{IntCounterVec, Opts};
use supplex_kit::{Metrics, Problem};

use crate::answer::{Answer, Outcome};
use crate::ask::{self, Ticket, Work};
use crate::card::Decision;
use crate::model::{Change, Payment};
use crate::store::{Failure, Store};

/// The description of the API.
const OPENAPI: &str = include_str!("../openapi.json");

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Api {
    store: Store,
    operations: IntCounterVec,
}

impl Api {
    /// An API over `store`, whose operations are counted in `metrics`.
    ///
    /// # Errors
    /// When `metrics` counts them already.
    pub(crate) fn new(store: Store, metrics: &Metrics) -> Result<Self, prometheus::Error> {
        let opts =
            Opts::new("svc_payments_operations_total", "What became of authorisations, captures, refunds and voids");
        let operations = IntCounterVec::new(opts, &["operation", "outcome"])?;
        metrics.register(operations.clone())?;
        Ok(Self { store, operations })
    }

    fn count(&self, operation: &str, outcome: Outcome) {
        self.operations.with_label_values(&[operation, outcome.word()]).inc();
    }
}

/// The routes of the payments.
pub(crate) fn routes(api: Api) -> Router {
    let add = |router: Router<Api>, (path, methods)| router.route(path, methods);
    table().into_iter().fold(Router::new(), add).with_state(api)
}

/// Every route. A test compares them with `openapi.json`.
fn table() -> [(&'static str, MethodRouter<Api>); 6] {
    [
        ("/payments", post(authorise)),
        ("/payments/{id}", get(one)),
        ("/payments/{id}/capture", post(capture)),
        ("/payments/{id}/refund", post(refund)),
        ("/payments/{id}/void", post(void)),
        ("/openapi.json", get(async || ([(header::CONTENT_TYPE, "application/json")], OPENAPI))),
    ]
}

type Id = Result<Path<String>, PathRejection>;
type Body = Result<Bytes, BytesRejection>;

async fn authorise(State(api): State<Api>, headers: HeaderMap, body: Body) -> Result<Answer, Problem> {
    let wish = ask::wish(&bytes(body)?)?;
    let card = wish.card;
    let ticket = Ticket::new(&headers, Work::Authorise(wish))?;
    // Before the card is asked: a repetition is quick even when the card is slow.
    if let Some(answer) = api.store.kept(&ticket).await? {
        api.count("authorise", answer.outcome());
        return Ok(answer);
    }
    // Outside the transaction: a slow card must not hold on to a connection.
    if !card.takes.is_zero() {
        tokio::time::sleep(card.takes).await;
    }
    if card.decision == Decision::Fail {
        api.count("authorise", Outcome::Failed);
        let detail = "The payment provider failed. Nothing was authorised.";
        return Err(Problem::new(StatusCode::BAD_GATEWAY, "psp.failed", detail));
    }
    finish(&api, "authorise", &ticket).await
}

async fn capture(State(api): State<Api>, id: Id, headers: HeaderMap, body: Body) -> Result<Answer, Problem> {
    let change = Change::Capture(ask::part(&bytes(body)?)?);
    self::change(&api, "capture", id, &headers, change).await
}

async fn refund(State(api): State<Api>, id: Id, headers: HeaderMap, body: Body) -> Result<Answer, Problem> {
    let change = Change::Refund(ask::part(&bytes(body)?)?);
    self::change(&api, "refund", id, &headers, change).await
}

async fn void(State(api): State<Api>, id: Id, headers: HeaderMap, body: Body) -> Result<Answer, Problem> {
    ask::nothing(&bytes(body)?)?;
    change(&api, "void", id, &headers, Change::Void).await
}

async fn one(State(api): State<Api>, id: Id) -> Result<impl IntoResponse, Problem> {
    let payment: Payment = api.store.payment(payment_id(id)?).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(payment)))
}

async fn change(api: &Api, name: &str, id: Id, headers: &HeaderMap, change: Change) -> Result<Answer, Problem> {
    let ticket = Ticket::new(headers, Work::Change(payment_id(id)?, change))?;
    finish(api, name, &ticket).await
}

async fn finish(api: &Api, name: &str, ticket: &Ticket) -> Result<Answer, Problem> {
    let answer = api.store.once(ticket).await.map_err(|failure: Failure| Problem::from(failure))?;
    api.count(name, answer.outcome());
    Ok(answer)
}

fn bytes(body: Body) -> Result<Bytes, Problem> {
    body.map_err(|error| ask::wrong("body", error.body_text()))
}

fn payment_id(id: Id) -> Result<uuid::Uuid, Problem> {
    let Path(text) = id.map_err(|error| ask::wrong("id", error.body_text()))?;
    ask::payment_id(&text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// Those that the kit adds.
    const OF_THE_KIT: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/faults"];

    #[test]
    fn the_description_has_every_route_and_no_other() {
        let description: serde_json::Value = serde_json::from_str(super::OPENAPI).expect("JSON");
        let described: BTreeSet<&str> =
            description["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
        let there: BTreeSet<&str> = super::table().into_iter().map(|(path, _)| path).chain(OF_THE_KIT).collect();
        assert_eq!(described, there);
    }
}
