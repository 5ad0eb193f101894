//! The queries of sagas: who has which, and what was asked and answered.
//!
//! ```text
//! claim: due, and nobody else is at it ──▶ a lease: due again only when it ends
//! record: still our lease? ──▶ the answer, where it leads, what is asked next, what the customer sees ──▶ commit
//!              └─ somebody else's by now: nothing is written; they ask the same under the same key
//! ```
//!
//! A saga that rests is never due. One that waits for its next try is due then. One that somebody works on is due when
//! their lease ends, which every record puts off: so a process that dies needs nobody to clean up after it.

use std::time::Duration;

use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use tokio_postgres::types::{Json, ToSql};
use uuid::Uuid;

use super::{Failure, Store};
use crate::calls::Trace;
use crate::card::Card;
use crate::case::Case;
use crate::counters::Backlog;
use crate::model::{Money, OrderState};
use crate::saga::answers::Seen;
use crate::saga::pause::STUCK;
use crate::saga::{Answer, State, Turn};

/// One more request of the step will be sent, and nobody knows what became of one that was sent by who had it before.
const CLAIM: &str = "
    UPDATE sagas SET lease = $1, due_at = now() + $2 * interval '1 second', unanswered = unanswered + 1
    WHERE order_id IN (
        SELECT order_id FROM sagas WHERE due_at <= now() ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
    )
    RETURNING order_id";

const CASES: &str = "
    SELECT s.order_id, s.state, s.lease, s.tries, s.unanswered, s.card_number, s.hold_seconds, s.reserved_until,
        s.request_id, s.traceparent, o.total_minor, o.currency, o.reservation_id, o.payment_id,
        ARRAY(SELECT product_id FROM order_items i WHERE i.order_id = o.id ORDER BY position),
        ARRAY(SELECT quantity FROM order_items i WHERE i.order_id = o.id ORDER BY position)
    FROM sagas s JOIN orders o ON o.id = s.order_id
    WHERE s.order_id = ANY($1)";

const MOVE: &str = "
    UPDATE sagas SET state = $3, tries = $4, unanswered = $5, reserved_until = $6, lease = $7,
        card_number = CASE WHEN $8 THEN card_number END,
        due_at = clock_timestamp() + $9 * interval '1 second'
    WHERE order_id = $1 AND lease = $2";

const ANSWERED: &str = "
    UPDATE saga_steps SET tries = tries + 1, answer = $3, note = $4,
        answered_at = CASE WHEN $5 THEN clock_timestamp() END
    WHERE order_id = $1 AND state = $2";

const ASKED: &str = "INSERT INTO saga_steps (order_id, step, state, key) VALUES ($1, $2, $3, $4)";

const SHOW: &str = "
    UPDATE orders SET state = $2, reservation_id = $3, payment_id = $4, total_minor = $5, currency = $6,
        reason = coalesce($7, reason), detail = coalesce($8, detail), missing = coalesce($9, missing),
        updated_at = clock_timestamp()
    WHERE id = $1";

const PRICES: &str = "
    UPDATE order_items SET price_minor = seen.price
    FROM unnest($2::uuid[], $3::bigint[]) AS seen(product, price)
    WHERE order_id = $1 AND product_id = seen.product";

/// A failed order's note is what was said when that was decided, steps before.
const HISTORY: &str = "
    INSERT INTO order_history (order_id, state, note)
    SELECT $1::uuid, $2::text, coalesce($3::text, CASE WHEN $2::text = 'failed' THEN (SELECT detail FROM orders WHERE id = $1::uuid) END)";

const RELEASE: &str = "
    UPDATE sagas SET lease = NULL, due_at = now(), unanswered = greatest(unanswered - 1, 0)
    WHERE order_id = $1 AND lease = $2";

const BACKLOG: &str = "
    SELECT count(*), count(*) FILTER (WHERE tries >= $1),
        coalesce(extract(epoch FROM now() - min(began_at)), 0)::float8
    FROM sagas WHERE due_at IS NOT NULL";

/// What came of a step, to be written down.
pub(crate) struct Record<'a> {
    pub(crate) answer: Answer,
    pub(crate) seen: &'a Seen,
    pub(crate) turn: Turn,
    /// Until the same is asked again, if it must be.
    pub(crate) pause: Duration,
    /// For how long the next step is ours, if there is one.
    pub(crate) lease: Duration,
}

impl Store {
    /// Takes up to `most` sagas that are due and that nobody has, for the time of a lease.
    pub(crate) async fn claim(&self, most: usize, lease: Duration) -> Result<Vec<Case>, Failure> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(CLAIM).await?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = client.query(&statement, &[&Uuid::now_v7(), &lease.as_secs_f64(), &most]).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let ids = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<Uuid>, _>>()?;
        let statement = client.prepare_cached(CASES).await?;
        client.query(&statement, &[&ids]).await?.iter().map(case).collect()
    }

    /// Writes down what came of a step of `case`. `None` if somebody else has taken the case over meanwhile.
    pub(crate) async fn record(&self, case: &Case, record: &Record<'_>) -> Result<Option<Case>, Failure> {
        let next = case.after(record.turn, record.answer, record.seen);
        let moved = next.state != case.state;
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        if !write_saga(&transaction, case, &next, record).await? {
            return Ok(None);
        }
        let statement = transaction.prepare_cached(ANSWERED).await?;
        let (answer, note) = (record.answer.word(), record.seen.note());
        transaction.execute(&statement, &[&case.order, &case.state.word(), &answer, &note, &moved]).await?;
        if moved {
            next_step(&transaction, &next).await?;
        }
        show(&transaction, case, &next, record).await?;
        transaction.commit().await?;
        Ok(Some(next))
    }

    /// Gives a case back as it was taken, before anything was asked.
    pub(crate) async fn release(&self, case: &Case) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        client.execute(RELEASE, &[&case.order, &case.lease]).await?;
        Ok(())
    }

    /// How much work is left, of all processes.
    pub(crate) async fn backlog(&self) -> Result<Backlog, Failure> {
        let client = self.pool.get().await?;
        let row = client.query_one(BACKLOG, &[&STUCK]).await?;
        Ok(Backlog { waiting: row.try_get(0)?, stuck: row.try_get(1)?, oldest_seconds: row.try_get(2)? })
    }
}

async fn write_saga(
    transaction: &Transaction<'_>,
    case: &Case,
    next: &Case,
    record: &Record<'_>,
) -> Result<bool, Failure> {
    // A time that is null makes a sum that is null: a saga that rests is never due.
    let (lease, due) = match (next.state.step(), next.state == case.state) {
        (None, _) => (None, None),
        (Some(_), true) => (None, Some(record.pause.as_secs_f64())),
        (Some(_), false) => (Some(case.lease), Some(record.lease.as_secs_f64())),
    };
    let statement = transaction.prepare_cached(MOVE).await?;
    let values: [&(dyn ToSql + Sync); 9] = [
        &case.order,
        &case.lease,
        &next.state.word(),
        &next.tries,
        &next.unanswered,
        &next.reserved_until,
        &lease,
        &next.state.needs_card(),
        &due,
    ];
    Ok(transaction.execute(&statement, &values).await? == 1)
}

/// Writes down what the customer sees, where that has changed.
async fn show(transaction: &Transaction<'_>, case: &Case, next: &Case, record: &Record<'_>) -> Result<(), Failure> {
    let (before, after) = (case.state.of_order(), next.state.of_order());
    let learned = case.reservation != next.reservation || case.payment != next.payment;
    let reason = record.turn.reason;
    if learned || before != after || reason.is_some() {
        let (total, currency) = match &next.total {
            Some(total) => (Some(total.minor), Some(&total.currency)),
            None => (None, None),
        };
        let detail = reason.map(|reason| reason.detail(record.seen));
        let missing = reason.and_then(|_| record.seen.missing()).map(Json);
        let statement = transaction.prepare_cached(SHOW).await?;
        let values: [&(dyn ToSql + Sync); 9] = [
            &case.order,
            &after.word(),
            &next.reservation,
            &next.payment,
            &total,
            &currency,
            &reason.map(|reason| reason.word()),
            &detail,
            &missing,
        ];
        transaction.execute(&statement, &values).await?;
    }
    if let (None, Some(_), Seen::Reservation(reservation)) = (case.reservation, next.reservation, record.seen) {
        let products: Vec<Uuid> = reservation.items.iter().map(|item| item.product).collect();
        let prices: Vec<i64> = reservation.items.iter().map(|item| item.price.minor).collect();
        let statement = transaction.prepare_cached(PRICES).await?;
        transaction.execute(&statement, &[&case.order, &products, &prices]).await?;
    }
    if before != after {
        history(transaction, case.order, after, None).await?;
    }
    Ok(())
}

/// Notes that an order has got to `state`.
pub(super) async fn history(
    transaction: &Transaction<'_>,
    order: Uuid,
    state: OrderState,
    note: Option<&str>,
) -> Result<(), Failure> {
    let statement = transaction.prepare_cached(HISTORY).await?;
    transaction.execute(&statement, &[&order, &state.word(), &note]).await?;
    Ok(())
}

/// Notes what is about to be asked for, if anything is.
pub(super) async fn next_step(transaction: &Transaction<'_>, case: &Case) -> Result<(), Failure> {
    if let Some(step) = case.state.step() {
        let statement = transaction.prepare_cached(ASKED).await?;
        let key = step.key(case.order);
        transaction.execute(&statement, &[&case.order, &step.word(), &case.state.word(), &key]).await?;
    }
    Ok(())
}

/// The saga of an order that is locked.
pub(super) async fn one(client: &impl GenericClient, order: Uuid) -> Result<Case, Failure> {
    let statement = client.prepare_cached(CASES).await?;
    case(&client.query_one(&statement, &[&vec![order]]).await?)
}

/// Reads a row of [`CASES`].
fn case(row: &Row) -> Result<Case, Failure> {
    let (minor, currency): (Option<i64>, Option<String>) = (row.try_get(10)?, row.try_get(11)?);
    let (products, quantities): (Vec<Uuid>, Vec<i32>) = (row.try_get(14)?, row.try_get(15)?);
    Ok(Case {
        order: row.try_get(0)?,
        state: State::from_word(row.try_get(1)?).ok_or(Failure::Damaged)?,
        lease: row.try_get::<_, Option<Uuid>>(2)?.unwrap_or_default(),
        tries: row.try_get(3)?,
        unanswered: row.try_get(4)?,
        card: row.try_get::<_, Option<String>>(5)?.map(Card::kept),
        hold_seconds: row.try_get(6)?,
        reserved_until: row.try_get(7)?,
        items: products.into_iter().zip(quantities).collect(),
        total: minor.zip(currency).map(|(minor, currency)| Money { minor, currency }),
        reservation: row.try_get(12)?,
        payment: row.try_get(13)?,
        trace: Trace { request_id: row.try_get(8)?, traceparent: row.try_get(9)? },
    })
}
