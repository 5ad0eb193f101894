//! The API: from requests to the store and back. Knows no SQL.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{FromRef, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use prometheus::{IntCounterVec, Opts};
use supplex_kit::idempotency::{Answer, KeyField, Ticket};
use supplex_kit::openapi::{self, Checked, ForServices, OfOne, OncePerKey, routes};
use supplex_kit::service_token::{FromService, ServiceToken};
use supplex_kit::{Metrics, Problem};
use utoipa::IntoResponses;
use uuid::Uuid;

use crate::answer::{Answered, Outcome};
use crate::ask::{self, RawPart, RawWish, Work};
use crate::card::Decision;
use crate::model::{Change, Payment};
use crate::store::Store;

/// What the description says first.
const DESCRIPTION: &str = "A mock of a payment provider. It moves no money. Only services of the marketplace may ask \
for payments, and prove who they are with SERVICE_TOKEN.

Test cards:

| Number | What happens |
|---|---|
| 4242424242424242 | approved |
| 4000000000000002 | declined |
| 4000000000009995 | declined: insufficient funds |
| 4000000000000069 | declined: the card has expired |
| 4000000000003006 | approved after three seconds |
| 4000000000005001 | the provider fails with 502, and nothing is authorised |

What changes something needs an Idempotency-Key. The same key with the same request has the same answer and no second \
effect, also at the same time and on another node; then `Idempotency-Replayed: true` says so. Answers of 4xx other than \
409, and of 5xx, are not kept; the others for ANSWERS_KEPT_SECONDS, which is a week unless set.";

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Api {
    store: Store,
    operations: IntCounterVec,
    service_token: Option<ServiceToken>,
}

impl FromRef<Api> for Option<ServiceToken> {
    fn from_ref(api: &Api) -> Self {
        api.service_token.clone()
    }
}

impl Api {
    /// An API over `store`, whose operations are counted in `metrics`, for services with this token.
    ///
    /// # Errors
    /// When `metrics` counts them already.
    pub(crate) fn new(
        store: Store,
        metrics: &Metrics,
        service_token: Option<ServiceToken>,
    ) -> Result<Self, prometheus::Error> {
        let opts =
            Opts::new("svc_payments_operations_total", "What became of authorisations, captures, refunds and voids");
        let operations = IntCounterVec::new(opts, &["operation", "outcome"])?;
        metrics.register(operations.clone())?;
        Ok(Self { store, operations, service_token })
    }

    fn count(&self, operation: &str, outcome: Outcome) {
        self.operations.with_label_values(&[operation, outcome.word()]).inc();
    }
}

/// Every route, described.
pub(crate) fn api() -> openapi::Api<Api> {
    openapi::Api::new("Payments", DESCRIPTION)
        .routes(routes!(authorise))
        .routes(routes!(one))
        .routes(routes!(capture))
        .routes(routes!(refund))
        .routes(routes!(void))
        .with_faults()
}

type Id = Result<Path<String>, PathRejection>;
type Body = Result<Bytes, BytesRejection>;

/// What changes to a payment have in common.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes")]
enum Changed {
    /// It was done.
    #[response(status = 200, content_type = "application/json",
        headers(("idempotency-replayed" = String, description = "`true` when the effect is from an earlier request.")))]
    Done(Payment),
    /// The payment's state, amount or currency rules this out. The answer is kept under the key.
    #[response(status = 409, content_type = "application/problem+json")]
    Refused(Problem),
}

/// Hold money on a card
#[utoipa::path(post, path = "/payments", tag = "payments", security(("service" = [])), params(KeyField),
    request_body = RawWish,
    responses(
        (status = 201, description = "A payment. Its state says whether the card was approved.", body = Payment,
         headers(("idempotency-replayed" = String, description = "`true` when the effect is from an earlier request."))),
        (status = 502, description = "The provider failed. Nothing was authorised, and nothing is kept under the key.",
         content_type = "application/problem+json", body = Problem),
        Checked, ForServices, OncePerKey,
    ))]
pub(crate) async fn authorise(
    _: FromService,
    State(api): State<Api>,
    headers: HeaderMap,
    body: Body,
) -> Result<Answer, Problem> {
    let wish = ask::wish(&bytes(body)?)?;
    let card = wish.card;
    let ticket = Ticket::new(&headers, Work::Authorise(wish))?;
    // Before the card is asked: a repetition is quick even when the card is slow.
    if let Some(Answered { answer, outcome }) = api.store.kept(&ticket).await? {
        api.count("authorise", outcome);
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

/// Take held money, in full or in parts
#[utoipa::path(post, path = "/payments/{id}/capture", tag = "payments", security(("service" = [])),
    params(("id" = Uuid, Path, description = "The `id` of a payment."), KeyField), request_body = Option<RawPart>,
    responses(Changed, Checked, ForServices, OfOne, OncePerKey))]
pub(crate) async fn capture(
    _: FromService,
    State(api): State<Api>,
    id: Id,
    headers: HeaderMap,
    body: Body,
) -> Result<Answer, Problem> {
    let change = Change::Capture(ask::part(&bytes(body)?)?);
    self::change(&api, "capture", id, &headers, change).await
}

/// Give captured money back, in full or in parts
#[utoipa::path(post, path = "/payments/{id}/refund", tag = "payments", security(("service" = [])),
    params(("id" = Uuid, Path, description = "The `id` of a payment."), KeyField), request_body = Option<RawPart>,
    responses(Changed, Checked, ForServices, OfOne, OncePerKey))]
pub(crate) async fn refund(
    _: FromService,
    State(api): State<Api>,
    id: Id,
    headers: HeaderMap,
    body: Body,
) -> Result<Answer, Problem> {
    let change = Change::Refund(ask::part(&bytes(body)?)?);
    self::change(&api, "refund", id, &headers, change).await
}

/// Give up a hold of which nothing was captured
#[utoipa::path(post, path = "/payments/{id}/void", tag = "payments", security(("service" = [])),
    params(("id" = Uuid, Path, description = "The `id` of a payment."), KeyField),
    responses(Changed, Checked, ForServices, OfOne, OncePerKey))]
pub(crate) async fn void(
    _: FromService,
    State(api): State<Api>,
    id: Id,
    headers: HeaderMap,
    body: Body,
) -> Result<Answer, Problem> {
    ask::nothing(&bytes(body)?)?;
    change(&api, "void", id, &headers, Change::Void).await
}

/// A payment
#[utoipa::path(get, path = "/payments/{id}", tag = "payments", security(("service" = [])),
    params(("id" = Uuid, Path, description = "The `id` of a payment.")),
    responses((status = 200, description = "The payment.", body = Payment), Checked, ForServices, OfOne))]
pub(crate) async fn one(_: FromService, State(api): State<Api>, id: Id) -> Result<impl IntoResponse, Problem> {
    let payment: Payment = api.store.payment(payment_id(id)?).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(payment)))
}

async fn change(api: &Api, name: &str, id: Id, headers: &HeaderMap, change: Change) -> Result<Answer, Problem> {
    let ticket = Ticket::new(headers, Work::Change(payment_id(id)?, change))?;
    finish(api, name, &ticket).await
}

async fn finish(api: &Api, name: &str, ticket: &Ticket<Work>) -> Result<Answer, Problem> {
    let Answered { answer, outcome } = api.store.once(ticket).await?;
    api.count(name, outcome);
    Ok(answer)
}

fn bytes(body: Body) -> Result<Bytes, Problem> {
    body.map_err(|error| ask::wrong("body", error.body_text()))
}

fn payment_id(id: Id) -> Result<Uuid, Problem> {
    let Path(text) = id.map_err(|error| ask::wrong("id", error.body_text()))?;
    ask::payment_id(&text)
}
