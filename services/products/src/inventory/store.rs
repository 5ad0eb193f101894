//! The queries of reservations.
//!
//! A wish and the answer to it are one transaction (`supplex_kit::idempotency`):
//!
//! ```text
//! claim the key ──▶ lock the shelves ──▶ all there? shift them, note the reservation ──▶ keep the answer ──▶ commit
//! ```
//!
//! Locks are always taken in the same order, so that nobody waits for each other in a circle: the key, then one
//! reservation, then shelves in the order of their products' ids. Only the sweep locks several reservations, and it
//! leaves out those that somebody else has locked.

use deadpool_postgres::{Pool, Transaction};
use jiff::Timestamp;
use supplex_kit::idempotency::{Answer, Claim, KeyReused, Ticket, claim, keep};
use supplex_kit::{Problem, database};
use tokio_postgres::Row;
use uuid::Uuid;

use super::reservation::{Offer, Reservation, ReservedItem, Wish};
use super::{PUT_BACK, RESERVE, Shift, State, Step, answer};
use crate::money::Money;

/// The sort comes before the lock, so rows are locked in its order.
const LOCK_SHELVES: &str = "
    SELECT s.product_id, s.available, p.price_minor, p.currency, p.archived_at IS NOT NULL
    FROM stock s JOIN products p ON p.id = s.product_id
    WHERE s.product_id = ANY($1)
    ORDER BY s.product_id
    FOR UPDATE OF s";

/// Leaves out a shelf that has not enough, though it is locked and was looked at: nothing ever rests on that alone.
const SHIFT: &str = "
    UPDATE stock s SET
        available = s.available + i.quantity * $3,
        reserved = s.reserved + i.quantity * $4,
        sold = s.sold + i.quantity * $5,
        updated_at = clock_timestamp()
    FROM unnest($1::uuid[], $2::integer[]) AS i(product_id, quantity)
    WHERE s.product_id = i.product_id
      AND s.available + i.quantity * $3 >= 0
      AND s.reserved + i.quantity * $4 >= 0
      AND s.sold + i.quantity * $5 >= 0";

const COLUMNS: &str = "id, order_ref, state, total_minor, currency, expires_at, created_at, updated_at";

const ITEMS: &str = "
    SELECT product_id, quantity, price_minor FROM reservation_items WHERE reservation_id = $1 ORDER BY product_id";

const NOTE_ITEMS: &str = "
    INSERT INTO reservation_items (reservation_id, product_id, quantity, price_minor)
    SELECT $1, i.* FROM unnest($2::uuid[], $3::integer[], $4::bigint[]) AS i";

const OVERDUE: &str = "
    SELECT id FROM reservations WHERE state = 'held' AND expires_at <= clock_timestamp()
    ORDER BY expires_at LIMIT $1
    FOR UPDATE SKIP LOCKED";

const ITEMS_OF_ALL: &str = "
    SELECT product_id, sum(quantity)::integer FROM reservation_items WHERE reservation_id = ANY($1) GROUP BY product_id";

const EXPIRE: &str = "UPDATE reservations SET state = 'expired', updated_at = clock_timestamp() WHERE id = ANY($1)";

/// What is refused before there is an answer.
#[derive(Debug)]
pub(crate) enum Refused {
    /// There is no such reservation.
    NoReservation(Uuid),
    /// The key stands for another wish.
    KeyReused(KeyReused),
}

/// Why there is no answer.
pub(crate) type Failure = database::Failure<Refused>;

impl From<KeyReused> for Refused {
    fn from(reused: KeyReused) -> Self {
        Self::KeyReused(reused)
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoReservation(id) => write!(f, "there is no reservation {id}"),
            Self::KeyReused(reused) => reused.fmt(f),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NoReservation(id) => Problem::not_found(format!("There is no reservation {id}.")),
            Refused::KeyReused(reused) => reused.into(),
        }
    }
}

/// What became of a step.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// How the reservation stands now.
    pub(crate) reservation: Reservation,
    /// Whether the client has what it asked for.
    pub(crate) granted: bool,
    /// Whether this very request changed anything.
    pub(crate) stepped: bool,
}

/// The reservations in their database.
#[derive(Clone)]
pub(crate) struct Inventory {
    pool: Pool,
}

impl Inventory {
    /// Reservations over `pool`.
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// The reservation with this id, as it really stands.
    pub(crate) async fn reservation(&self, id: Uuid) -> Result<Reservation, Failure> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        let (mut reservation, over) = find(&transaction, id, "").await?;
        reservation.state = reservation.state.at(over);
        Ok(reservation)
    }

    /// Sets aside what a ticket asks for, all or nothing, or gives the answer from when that was done.
    pub(crate) async fn reserve(&self, ticket: &Ticket<Wish>) -> Result<Answer, Failure> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        if let Claim::Done(answer) = claim(&transaction, &ticket.key, &ticket.fingerprint).await? {
            return Ok(answer);
        }
        let offers = lock_shelves(&transaction, &ticket.work.products()).await?;
        let answer = match ticket.work.terms(&offers) {
            Err(missing) => answer::short(missing)?,
            Ok((items, total)) => {
                shift(&transaction, &pieces(&items), RESERVE).await?;
                answer::held(&note(&transaction, &ticket.work, items, total).await?)?
            }
        };
        keep(&transaction, &ticket.key, &answer).await?;
        transaction.commit().await?;
        Ok(answer)
    }

    /// Takes a step with a reservation.
    pub(crate) async fn step(&self, id: Uuid, step: Step) -> Result<Outcome, Failure> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        let (mut reservation, over) = find(&transaction, id, "FOR UPDATE").await?;
        let decision = reservation.state.decide(step, over);
        if let Some(change) = decision.shift {
            let pieces = pieces(&reservation.items);
            lock_shelves(&transaction, &pieces.0).await?;
            shift(&transaction, &pieces, change).await?;
            let update = "UPDATE reservations SET state = $2, updated_at = clock_timestamp() WHERE id = $1
                          RETURNING updated_at";
            let statement = transaction.prepare_cached(update).await?;
            let row = transaction.query_one(&statement, &[&id, &decision.state.word()]).await?;
            reservation.updated_at = row.try_get(0)?;
            reservation.state = decision.state;
            transaction.commit().await?;
        }
        Ok(Outcome { reservation, granted: decision.granted, stepped: decision.shift.is_some() })
    }

    /// Puts back what at most `most` overdue reservations hold. Returns how many there were.
    pub(crate) async fn sweep(&self, most: u32) -> Result<usize, Failure> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        let statement = transaction.prepare_cached(OVERDUE).await?;
        let rows = transaction.query(&statement, &[&i64::from(most)]).await?;
        let overdue = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<Uuid>, _>>()?;
        if overdue.is_empty() {
            return Ok(0);
        }
        let statement = transaction.prepare_cached(ITEMS_OF_ALL).await?;
        let mut pieces = (Vec::new(), Vec::new());
        for row in transaction.query(&statement, &[&overdue]).await? {
            pieces.0.push(row.try_get(0)?);
            pieces.1.push(row.try_get(1)?);
        }
        lock_shelves(&transaction, &pieces.0).await?;
        shift(&transaction, &pieces, PUT_BACK).await?;
        let statement = transaction.prepare_cached(EXPIRE).await?;
        transaction.execute(&statement, &[&overdue]).await?;
        transaction.commit().await?;
        Ok(overdue.len())
    }
}

/// Products, and how many pieces of each.
type Pieces = (Vec<Uuid>, Vec<i32>);

fn pieces(items: &[ReservedItem]) -> Pieces {
    items.iter().map(|item| (item.product, item.quantity)).unzip()
}

async fn lock_shelves(transaction: &Transaction<'_>, products: &[Uuid]) -> Result<Vec<Offer>, Failure> {
    let statement = transaction.prepare_cached(LOCK_SHELVES).await?;
    let rows = transaction.query(&statement, &[&products]).await?;
    let offer = |row: &Row| -> Result<Offer, tokio_postgres::Error> {
        let price = Money { minor: row.try_get(2)?, currency: row.try_get(3)? };
        Ok(Offer { product: row.try_get(0)?, available: row.try_get(1)?, price, archived: row.try_get(4)? })
    };
    Ok(rows.iter().map(offer).collect::<Result<_, _>>()?)
}

/// Shifts shelves that are locked.
async fn shift(transaction: &Transaction<'_>, pieces: &Pieces, shift: Shift) -> Result<(), Failure> {
    let statement = transaction.prepare_cached(SHIFT).await?;
    let Shift { available, reserved, sold } = shift;
    let shifted = transaction.execute(&statement, &[&pieces.0, &pieces.1, &available, &reserved, &sold]).await?;
    if shifted == pieces.0.len() as u64 { Ok(()) } else { Err(Failure::Damaged) }
}

/// Notes a new reservation.
async fn note(
    transaction: &Transaction<'_>,
    wish: &Wish,
    items: Vec<ReservedItem>,
    total: Money,
) -> Result<Reservation, Failure> {
    let insert = format!(
        "INSERT INTO reservations (id, order_ref, state, total_minor, currency, expires_at, created_at, updated_at)
         SELECT $1, $2, $3, $4, $5, now + $6::integer * interval '1 second', now, now FROM clock_timestamp() AS now
         RETURNING {COLUMNS}"
    );
    let statement = transaction.prepare_cached(&insert).await?;
    let (id, state) = (Uuid::now_v7(), State::Held.word());
    let row = transaction
        .query_one(&statement, &[&id, &wish.order, &state, &total.minor, &total.currency, &wish.ttl_seconds])
        .await?;
    let statement = transaction.prepare_cached(NOTE_ITEMS).await?;
    let (products, quantities) = pieces(&items);
    let prices: Vec<i64> = items.iter().map(|item| item.price.minor).collect();
    transaction.execute(&statement, &[&id, &products, &quantities, &prices]).await?;
    reservation(&row, items)
}

/// The reservation with this id, and whether its time is over. `lock` is what the query ends with.
async fn find(transaction: &Transaction<'_>, id: Uuid, lock: &str) -> Result<(Reservation, bool), Failure> {
    let statement =
        transaction.prepare_cached(&format!("SELECT {COLUMNS} FROM reservations WHERE id = $1 {lock}")).await?;
    let row =
        transaction.query_opt(&statement, &[&id]).await?.ok_or_else(|| Failure::Refused(Refused::NoReservation(id)))?;
    let currency: &str = row.try_get(4)?;
    let statement = transaction.prepare_cached(ITEMS).await?;
    let mut items = Vec::new();
    for row in transaction.query(&statement, &[&id]).await? {
        let price = Money { minor: row.try_get(2)?, currency: currency.to_owned() };
        items.push(ReservedItem { product: row.try_get(0)?, quantity: row.try_get(1)?, price });
    }
    // The database's clock, which all nodes share, and only now: waiting for the lock took time.
    let statement = transaction.prepare_cached("SELECT clock_timestamp()").await?;
    let now: Timestamp = transaction.query_one(&statement, &[]).await?.try_get(0)?;
    let reservation = reservation(&row, items)?;
    let over = reservation.expires_at <= now;
    Ok((reservation, over))
}

/// Reads a row of [`COLUMNS`].
fn reservation(row: &Row, items: Vec<ReservedItem>) -> Result<Reservation, Failure> {
    Ok(Reservation {
        id: row.try_get(0)?,
        order: row.try_get(1)?,
        state: State::from_word(row.try_get(2)?).ok_or(Failure::Damaged)?,
        items,
        total: Money { minor: row.try_get(3)?, currency: row.try_get(4)? },
        expires_at: row.try_get(5)?,
        created_at: row.try_get(6)?,
        updated_at: row.try_get(7)?,
    })
}
