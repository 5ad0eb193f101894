//! The queries of seeding.

use std::collections::HashSet;

use deadpool_postgres::Pool;
use jiff::Timestamp;
use uuid::Uuid;

use super::in_words;
use super::plan::Planned;
use crate::model::OrderState;
use crate::saga::{State, Step};

/// For how long stock is reserved, in seconds: much longer than it takes.
const HOLD_SECONDS: i32 = 600;

const ORDER: &str = "
    INSERT INTO orders (id, user_id, idempotency_key, fingerprint, state) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING";

const ITEM: &str = "
    INSERT INTO order_items (order_id, position, product_id, name, quantity) VALUES ($1, $2, $3, $4, $5)";

/// Nobody has it, and it is due: whoever serves takes it.
const SAGA: &str = "
    INSERT INTO sagas (order_id, state, due_at, unanswered, card_number, hold_seconds)
    VALUES ($1, $2, now(), 0, $3, $4)";

const STEP: &str = "INSERT INTO saga_steps (order_id, step, state, key) VALUES ($1, $2, $3, $4)";

const HISTORY: &str = "INSERT INTO order_history (order_id, state) VALUES ($1, $2)";

const UNSETTLED: &str = "SELECT count(*) FROM sagas WHERE order_id = ANY($1) AND due_at IS NOT NULL";

/// One that could not be paid cannot be cancelled. One that was dated back has had its turn.
const IS_TO_BE_CANCELLED: &str = "SELECT state = 'paid' AND created_at <> $2 FROM orders WHERE id = $1";

/// Those that were dated back before are left alone, whatever has become of them since.
const DATE_HISTORY: &str = "
    UPDATE order_history h SET at = p.made_at + CASE h.state
        WHEN 'pending' THEN interval '0'
        WHEN 'cancelling' THEN p.later * interval '1 millisecond'
        WHEN 'cancelled' THEN p.later * interval '1 millisecond' + interval '2 seconds'
        ELSE interval '1 second'
    END
    FROM unnest($1::uuid[], $2::timestamptz[], $3::bigint[]) AS p(id, made_at, later)
    JOIN orders o ON o.id = p.id AND o.created_at <> p.made_at
    WHERE h.order_id = p.id";

const DATE_ORDERS: &str = "
    UPDATE orders o SET created_at = p.made_at,
        updated_at = (SELECT max(at) FROM order_history h WHERE h.order_id = o.id)
    FROM unnest($1::uuid[], $2::timestamptz[]) AS p(id, made_at)
    WHERE o.id = p.id AND o.created_at <> p.made_at";

const STATES: &str =
    "SELECT state, count(*) FROM orders WHERE id = ANY($1) GROUP BY state ORDER BY count(*) DESC, state";

/// What is written when orders are made up.
pub(super) struct Writer {
    pool: Pool,
}

impl Writer {
    /// Writes over `pool`.
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Writes the orders that are not there, all or none. Says which they were.
    pub(super) async fn add(&self, plan: &[Planned]) -> Result<HashSet<Uuid>, String> {
        let mut client = self.pool.get().await.map_err(in_words)?;
        let transaction = client.transaction().await.map_err(in_words)?;
        let mut new = HashSet::new();
        let (pending, reserving) = (OrderState::Pending.word(), State::Reserving.word());
        for order in plan {
            // No request makes these bytes, so a customer who uses the same key is told that it is used.
            let nobodys: &[u8] = b"seed";
            let written =
                transaction.execute(ORDER, &[&order.id, &order.customer, &order.key, &nobodys, &pending]).await;
            if written.map_err(in_words)? == 0 {
                continue;
            }
            new.insert(order.id);
            for (position, (product, name, quantity)) in (1_i16..).zip(&order.items) {
                let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
                    [&order.id, &position, product, name, quantity];
                transaction.execute(ITEM, &values).await.map_err(in_words)?;
            }
            transaction.execute(SAGA, &[&order.id, &reserving, &order.card, &HOLD_SECONDS]).await.map_err(in_words)?;
            let (step, key) = (Step::Reserve.word(), Step::Reserve.key(order.id));
            transaction.execute(STEP, &[&order.id, &step, &reserving, &key]).await.map_err(in_words)?;
            transaction.execute(HISTORY, &[&order.id, &pending]).await.map_err(in_words)?;
        }
        transaction.commit().await.map_err(in_words)?;
        Ok(new)
    }

    /// On how many of these there is work to do.
    pub(super) async fn unsettled(&self, ids: &[Uuid]) -> Result<usize, String> {
        let client = self.pool.get().await.map_err(in_words)?;
        let row = client.query_one(UNSETTLED, &[&ids]).await.map_err(in_words)?;
        let count: i64 = row.try_get(0).map_err(in_words)?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// Whether an order is paid and has not had its turn.
    pub(super) async fn is_to_be_cancelled(&self, order: &Planned) -> Result<bool, String> {
        let client = self.pool.get().await.map_err(in_words)?;
        let row = client.query_opt(IS_TO_BE_CANCELLED, &[&order.id, &time(order)?]).await.map_err(in_words)?;
        row.map_or(Ok(false), |row| row.try_get(0).map_err(in_words))
    }

    /// Gives the orders the times that the plan says. Returns how many there are in each state.
    pub(super) async fn date_back(&self, plan: &[Planned]) -> Result<Vec<(String, i64)>, String> {
        let ids: Vec<Uuid> = plan.iter().map(|order| order.id).collect();
        let made_at = plan.iter().map(time).collect::<Result<Vec<_>, _>>()?;
        let later: Vec<i64> =
            plan.iter().map(|order| i64::try_from(order.cancelled_after).unwrap_or_default()).collect();
        let mut client = self.pool.get().await.map_err(in_words)?;
        let transaction = client.transaction().await.map_err(in_words)?;
        transaction.execute(DATE_HISTORY, &[&ids, &made_at, &later]).await.map_err(in_words)?;
        transaction.execute(DATE_ORDERS, &[&ids, &made_at]).await.map_err(in_words)?;
        let rows = transaction.query(STATES, &[&ids]).await.map_err(in_words)?;
        transaction.commit().await.map_err(in_words)?;
        rows.iter().map(|row| Ok((row.try_get(0).map_err(in_words)?, row.try_get(1).map_err(in_words)?))).collect()
    }
}

/// When an order is said to have been made.
fn time(order: &Planned) -> Result<Timestamp, String> {
    Timestamp::from_millisecond(i64::try_from(order.made_at).unwrap_or_default()).map_err(in_words)
}
