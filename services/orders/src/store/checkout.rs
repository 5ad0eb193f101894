//! How a cart becomes an order: in one transaction, under the lock of the cart, once for each key.
//!
//! ```text
//! the key is known ──▶ that order
//! lock the cart ──▶ the key is known by now ──▶ that order
//!     └──▶ empty, or another one than the client saw ──▶ refused, and nothing is kept under the key
//!     └──▶ order, items, saga and its first step; the cart is empty ──▶ commit
//! ```
//!
//! Two requests with the same key are of the same customer, so they take turns at the same cart.

use std::time::Duration;

use deadpool_postgres::{GenericClient, Transaction};
use uuid::Uuid;

use super::{Failure, Refusal, Store, sagas};
use crate::calls::Trace;
use crate::card::Card;
use crate::case::Case;
use crate::model::OrderState;

const KNOWN: &str = "SELECT id, fingerprint FROM orders WHERE user_id = $1 AND idempotency_key = $2";

const LOCK_CART: &str = "SELECT version FROM carts WHERE user_id = $1 FOR UPDATE";

const EMPTY_CART: &str = "UPDATE carts SET version = version + 1, updated_at = now() WHERE user_id = $1";

const ORDER: &str = "
    INSERT INTO orders (id, user_id, idempotency_key, fingerprint, state) VALUES ($1, $2, $3, $4, $5)";

const TAKE_ITEMS: &str = "
    WITH taken AS (DELETE FROM cart_items WHERE user_id = $1 RETURNING product_id, name, quantity, added_at)
    INSERT INTO order_items (order_id, position, product_id, name, quantity)
    SELECT $2, row_number() OVER (ORDER BY added_at, product_id), product_id, name, quantity FROM taken
    RETURNING product_id, quantity, position";

const SAGA: &str = "
    INSERT INTO sagas (order_id, state, lease, due_at, unanswered, card_number, hold_seconds, request_id, traceparent)
    VALUES ($1, $2, $3, now() + $4 * interval '1 second', $5, $6, $7, $8, $9)";

/// A checked wish for a checkout.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    pub(crate) user: Uuid,
    pub(crate) key: String,
    /// The same for the same work.
    pub(crate) fingerprint: Vec<u8>,
    pub(crate) card: Card,
    pub(crate) hold_seconds: i32,
    /// The only version of the cart that may be taken, if the client said which.
    pub(crate) cart_version: Option<i64>,
    pub(crate) trace: Trace,
}

/// What became of a checkout.
#[derive(Clone, Debug)]
pub(crate) enum Placed {
    /// It is a new order, which is in the caller's hands if they wanted it.
    New(Box<Case>),
    /// The order is from an earlier request.
    Known(Uuid),
}

impl Store {
    /// Makes an order of a cart, or finds the one that was made under this key. With a `lease` the caller has it for that
    /// long, without one whoever comes by.
    pub(crate) async fn place(&self, ticket: &Ticket, lease: Option<Duration>) -> Result<Placed, Failure> {
        let mut client = self.pool.get().await?;
        if let Some(id) = known(&client, ticket).await? {
            return Ok(Placed::Known(id));
        }
        let transaction = client.transaction().await?;
        let statement = transaction.prepare_cached(LOCK_CART).await?;
        let cart = transaction.query_opt(&statement, &[&ticket.user]).await?;
        if let Some(id) = known(&transaction, ticket).await? {
            return Ok(Placed::Known(id));
        }
        let version: i64 = cart.ok_or(Failure::Refused(Refusal::CartEmpty))?.try_get(0)?;
        if ticket.cart_version.is_some_and(|seen| seen != version) {
            return Err(Failure::Refused(Refusal::CartChanged));
        }
        let case = note(&transaction, ticket, lease).await?;
        transaction.commit().await?;
        Ok(Placed::New(Box::new(case)))
    }
}

async fn known(client: &impl GenericClient, ticket: &Ticket) -> Result<Option<Uuid>, Failure> {
    let statement = client.prepare_cached(KNOWN).await?;
    match client.query_opt(&statement, &[&ticket.user, &ticket.key]).await? {
        Some(row) if row.try_get::<_, &[u8]>(1)? != ticket.fingerprint => Err(Failure::Refused(Refusal::KeyReused)),
        Some(row) => Ok(Some(row.try_get(0)?)),
        None => Ok(None),
    }
}

async fn note(transaction: &Transaction<'_>, ticket: &Ticket, lease: Option<Duration>) -> Result<Case, Failure> {
    let (order, state) = (Uuid::now_v7(), OrderState::Pending.word());
    let statement = transaction.prepare_cached(ORDER).await?;
    transaction.execute(&statement, &[&order, &ticket.user, &ticket.key, &ticket.fingerprint, &state]).await?;
    let statement = transaction.prepare_cached(TAKE_ITEMS).await?;
    let mut items = Vec::new();
    for row in transaction.query(&statement, &[&ticket.user, &order]).await? {
        items.push((row.try_get::<_, i16>(2)?, (row.try_get(0)?, row.try_get(1)?)));
    }
    if items.is_empty() {
        return Err(Failure::Refused(Refusal::CartEmpty));
    }
    items.sort_by_key(|(position, _)| *position);
    let items = items.into_iter().map(|(_, item)| item).collect();
    let statement = transaction.prepare_cached(EMPTY_CART).await?;
    transaction.execute(&statement, &[&ticket.user]).await?;

    let card = Some(ticket.card.clone());
    let case = Case::new(order, Uuid::now_v7(), card, ticket.hold_seconds, items, ticket.trace.clone());
    let (held, seconds) = match lease {
        Some(lease) => (Some(case.lease), lease.as_secs_f64()),
        None => (None, 0.0),
    };
    // One that nobody holds was not asked for yet; who takes it counts that.
    let unanswered = if lease.is_some() { case.unanswered } else { 0 };
    let statement = transaction.prepare_cached(SAGA).await?;
    let (number, trace) = (ticket.card.number(), &ticket.trace);
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 9] = [
        &order,
        &case.state.word(),
        &held,
        &seconds,
        &unanswered,
        &number,
        &ticket.hold_seconds,
        &trace.request_id,
        &trace.traceparent,
    ];
    transaction.execute(&statement, &values).await?;
    sagas::history(transaction, order, OrderState::Pending, None).await?;
    sagas::next_step(transaction, &case).await?;
    Ok(case)
}
