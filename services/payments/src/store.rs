//! The queries. Everything that knows SQL is here.
//!
//! Work and the answer to it are one transaction (`supplex_kit::idempotency`):
//!
//! ```text
//! claim the key ──▶ lock the payment ──▶ change it, note the movement ──▶ keep the answer ──▶ commit
//! ```

use deadpool_postgres::{Pool, Transaction};
use supplex_kit::idempotency::{Claim, KeyReused, Ticket, claim, keep, kept};
use supplex_kit::{Problem, database};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::answer::Answered;
use crate::ask::{Wish, Work};
use crate::card::Decision;
use crate::model::{Change, Decline, Money, Payment, State};

const COLUMNS: &str =
    "id, order_ref, state, decline, amount_minor, captured_minor, refunded_minor, currency, card_last4,
    created_at, updated_at";

const MOVE: &str = "INSERT INTO movements (payment_id, kind, amount_minor) VALUES ($1, $2, $3)";

/// What is refused before there is an answer to keep.
#[derive(Debug)]
pub(crate) enum Refused {
    /// There is no such payment.
    NoPayment(Uuid),
    /// The key stands for other work.
    KeyReused(KeyReused),
}

/// Why there is no answer.
pub(crate) type Failure = database::Failure<Refused>;

impl From<KeyReused> for Refused {
    fn from(reused: KeyReused) -> Self {
        Self::KeyReused(reused)
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NoPayment(id) => Problem::not_found(format!("There is no payment {id}.")),
            Refused::KeyReused(reused) => reused.into(),
        }
    }
}

fn no_payment(id: Uuid) -> Failure {
    Failure::Refused(Refused::NoPayment(id))
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
        payment(&client.query_opt(&statement, &[&id]).await?.ok_or_else(|| no_payment(id))?)
    }

    /// What was answered to this ticket, if it was here before.
    pub(crate) async fn kept(&self, ticket: &Ticket<Work>) -> Result<Option<Answered>, Failure> {
        let client = self.pool.get().await?;
        Ok(kept(&client, &ticket.key, &ticket.fingerprint).await?.map(Answered::from))
    }

    /// Does the work of a ticket, or gives the answer from when it was done.
    pub(crate) async fn once(&self, ticket: &Ticket<Work>) -> Result<Answered, Failure> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        if let Claim::Done(answer) = claim(&transaction, &ticket.key, &ticket.fingerprint).await? {
            return Ok(answer.into());
        }
        let answered = match &ticket.work {
            Work::Authorise(wish) => authorise(&transaction, wish).await?,
            Work::Change(id, change) => self::change(&transaction, *id, change).await?,
        };
        keep(&transaction, &ticket.key, &answered.answer).await?;
        transaction.commit().await?;
        Ok(answered)
    }
}

async fn authorise(transaction: &Transaction<'_>, wish: &Wish) -> Result<Answered, Failure> {
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
    Ok(Answered::created(&payment(&row)?)?)
}

async fn change(transaction: &Transaction<'_>, id: Uuid, change: &Change) -> Result<Answered, Failure> {
    let lock = format!("SELECT {COLUMNS} FROM payments WHERE id = $1 FOR UPDATE");
    let statement = transaction.prepare_cached(&lock).await?;
    let row = transaction.query_opt(&statement, &[&id]).await?.ok_or_else(|| no_payment(id))?;
    let mut changed = payment(&row)?;
    let moves = match changed.apply(change) {
        Ok(moves) => moves,
        Err(refusal) => return Ok(Answered::refused(&refusal)?),
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
    Ok(Answered::done(&payment(&row)?)?)
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
