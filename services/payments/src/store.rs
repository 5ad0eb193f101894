//! The queries. Everything that knows SQL is here.
//!
//! Work and the answer to it are one transaction, so that whoever repeats a request after a crash, a timeout or a lost
//! answer finds both or neither:
//!
//! ```text
//! take the key ──▶ lock the payment ──▶ change it, note the movement ──▶ note the answer ──▶ commit
//!      └─ somebody has it: wait until they have committed or failed, then give their answer, or take it after all
//! ```

use deadpool_postgres::{Pool, PoolError, Transaction};
use supplex_kit::Problem;
use supplex_kit::database::QueryError;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::answer::Answer;
use crate::ask::{Ticket, Wish, Work};
use crate::card::Decision;
use crate::model::{Change, Decline, Money, Payment, State};

const COLUMNS: &str =
    "id, order_ref, state, decline, amount_minor, captured_minor, refunded_minor, currency, card_last4,
    created_at, updated_at";

const TAKE_KEY: &str = "INSERT INTO answers (key, fingerprint) VALUES ($1, $2) ON CONFLICT DO NOTHING";

const KEPT: &str = "SELECT fingerprint, status, body FROM answers WHERE key = $1";

const KEEP: &str = "UPDATE answers SET status = $2, body = $3 WHERE key = $1";

const MOVE: &str = "INSERT INTO movements (payment_id, kind, amount_minor) VALUES ($1, $2, $3)";

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The database did not do it.
    Query(QueryError),
    /// There is no such payment.
    NoPayment(Uuid),
    /// The key stands for other work.
    KeyReused,
    /// A word in the database is none that this program knows, or a row is not whole.
    Damaged,
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Query(error.into())
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        Self::Query(error.into())
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Query(error) => error.into(),
            Failure::NoPayment(id) => Problem::not_found(format!("There is no payment {id}.")),
            Failure::KeyReused => Problem::new(
                axum::http::StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency.key_reused",
                "This Idempotency-Key came before with another request. Use a new key for a new request.",
            ),
            Failure::Damaged => {
                tracing::error!("a row holds what this program does not know");
                Problem::internal()
            }
        }
    }
}

/// The payments in their database.
#[derive(Clone)]
pub(crate) struct Store {
    pool: Pool,
}

impl Store {
    /// A store over `pool`.
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// The payment with this id.
    pub(crate) async fn payment(&self, id: Uuid) -> Result<Payment, Failure> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(&format!("SELECT {COLUMNS} FROM payments WHERE id = $1")).await?;
        payment(&client.query_opt(&statement, &[&id]).await?.ok_or(Failure::NoPayment(id))?)
    }

    /// What was answered to this ticket, if it was here before.
    pub(crate) async fn kept(&self, ticket: &Ticket) -> Result<Option<Answer>, Failure> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(KEPT).await?;
        let row = client.query_opt(&statement, &[&ticket.key]).await?;
        row.map(|row| kept(&row, ticket)).transpose()
    }

    /// Does the work of a ticket, or gives the answer from when it was done.
    pub(crate) async fn once(&self, ticket: &Ticket) -> Result<Answer, Failure> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        let statement = transaction.prepare_cached(TAKE_KEY).await?;
        // Waits for a transaction that took the same key and has not ended yet.
        if transaction.execute(&statement, &[&ticket.key, &ticket.fingerprint]).await? == 0 {
            let statement = transaction.prepare_cached(KEPT).await?;
            return kept(&transaction.query_one(&statement, &[&ticket.key]).await?, ticket);
        }
        let answer = match &ticket.work {
            Work::Authorise(wish) => authorise(&transaction, wish).await?,
            Work::Change(id, change) => self::change(&transaction, *id, change).await?,
        };
        let statement = transaction.prepare_cached(KEEP).await?;
        transaction.execute(&statement, &[&ticket.key, &answer.status_column(), &answer.body()]).await?;
        transaction.commit().await?;
        Ok(answer)
    }
}

fn kept(row: &Row, ticket: &Ticket) -> Result<Answer, Failure> {
    if row.try_get::<_, Vec<u8>>(0)? != ticket.fingerprint {
        return Err(Failure::KeyReused);
    }
    let (status, body): (Option<i16>, Option<String>) = (row.try_get(1)?, row.try_get(2)?);
    status.zip(body).and_then(|(status, body)| Answer::kept(status, body)).ok_or(Failure::Damaged)
}

async fn authorise(transaction: &Transaction<'_>, wish: &Wish) -> Result<Answer, Failure> {
    let (state, decline) = match wish.card.decision {
        Decision::Decline(decline) => (State::Declined, Some(decline.word())),
        Decision::Approve | Decision::Fail => (State::Authorised, None),
    };
    let statement = transaction
        .prepare_cached(&format!(
            "INSERT INTO payments (id, order_ref, amount_minor, currency, card_last4, state, decline)
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {COLUMNS}"
        ))
        .await?;
    let (id, Money { minor, currency }) = (Uuid::now_v7(), &wish.amount);
    let row = transaction
        .query_one(&statement, &[&id, &wish.order, minor, currency, &wish.card.last4(), &state.word(), &decline])
        .await?;
    Ok(Answer::created(&payment(&row)?))
}

async fn change(transaction: &Transaction<'_>, id: Uuid, change: &Change) -> Result<Answer, Failure> {
    let lock = format!("SELECT {COLUMNS} FROM payments WHERE id = $1 FOR UPDATE");
    let statement = transaction.prepare_cached(&lock).await?;
    let row = transaction.query_opt(&statement, &[&id]).await?.ok_or(Failure::NoPayment(id))?;
    let mut changed = payment(&row)?;
    let moves = match changed.apply(change) {
        Ok(moves) => moves,
        Err(refusal) => return Ok(Answer::refused(&refusal)),
    };
    let kind = match change {
        Change::Capture(_) => Some("capture"),
        Change::Refund(_) => Some("refund"),
        Change::Void => None,
    };
    if let Some(kind) = kind {
        let statement = transaction.prepare_cached(MOVE).await?;
        transaction.execute(&statement, &[&id, &kind, &moves]).await?;
    }
    let statement = transaction
        .prepare_cached(&format!(
            "UPDATE payments SET state = $2, captured_minor = $3, refunded_minor = $4, updated_at = now()
             WHERE id = $1 RETURNING {COLUMNS}"
        ))
        .await?;
    let (captured, refunded) = (changed.captured.minor, changed.refunded.minor);
    let row = transaction.query_one(&statement, &[&id, &changed.state.word(), &captured, &refunded]).await?;
    Ok(Answer::done(&payment(&row)?))
}

/// Reads a row of [`COLUMNS`].
fn payment(row: &Row) -> Result<Payment, Failure> {
    let (state, decline): (&str, Option<&str>) = (row.try_get(2)?, row.try_get(3)?);
    let currency: String = row.try_get(7)?;
    let money = |column: usize| -> Result<Money, Failure> {
        Ok(Money { minor: row.try_get(column)?, currency: currency.clone() })
    };
    Ok(Payment {
        id: row.try_get(0)?,
        order: row.try_get(1)?,
        state: State::from_word(state).ok_or(Failure::Damaged)?,
        decline: decline.map(|word| Decline::from_word(word).ok_or(Failure::Damaged)).transpose()?,
        amount: money(4)?,
        captured: money(5)?,
        refunded: money(6)?,
        card_last4: row.try_get(8)?,
        created_at: row.try_get(9)?,
        updated_at: row.try_get(10)?,
    })
}
