//! The queries that read orders.

use std::collections::HashMap;

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

use super::{Failure, Refusal, Store};
use crate::model::{Moment, Money, Order, OrderItem, OrderState};
use crate::saga::Reason;
use crate::saga::answers::Missing;

const COLUMNS: &str = "id, state, total_minor, currency, payment_id, reservation_id, created_at, updated_at, reason,
    detail, missing";

const ITEMS: &str = "
    SELECT order_id, product_id, name, quantity, price_minor FROM order_items
    WHERE order_id = ANY($1) ORDER BY order_id, position";

const HISTORY: &str = "SELECT state, at, note FROM order_history WHERE order_id = $1 ORDER BY number";

/// Whose orders are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everybody's.
    All,
    /// This customer's.
    Of(Uuid),
}

/// An order, with what only its answers show.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) order: Order,
    /// Why it failed.
    pub(crate) reason: Option<Reason>,
    /// The same for people.
    pub(crate) detail: Option<String>,
    /// What was missing.
    pub(crate) missing: Vec<Missing>,
}

impl Scope {
    /// As a parameter of a query.
    fn user(self) -> Option<Uuid> {
        match self {
            Self::All => None,
            Self::Of(user) => Some(user),
        }
    }
}

impl Store {
    /// An order.
    pub(crate) async fn order(&self, id: Uuid, scope: Scope) -> Result<Found, Failure> {
        let client = self.pool.get().await?;
        let query = format!("SELECT {COLUMNS} FROM orders WHERE id = $1 AND ($2::uuid IS NULL OR user_id = $2)");
        let statement = client.prepare_cached(&query).await?;
        let row = client.query_opt(&statement, &[&id, &scope.user()]).await?;
        let row = row.ok_or(Failure::Refused(Refusal::NoOrder(id)))?;
        let mut found = found(&row)?;
        found.order.items = items(&client, &[id]).await?.remove(&id).unwrap_or_default();
        with_currency(&mut found.order);
        Ok(found)
    }

    /// What became of an order, the oldest first.
    pub(crate) async fn history(&self, id: Uuid) -> Result<Vec<Moment>, Failure> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(HISTORY).await?;
        let moment = |row: &Row| -> Result<Moment, Failure> {
            let state = OrderState::from_word(row.try_get(0)?).ok_or(Failure::Damaged)?;
            Ok(Moment { state, at: row.try_get(1)?, note: row.try_get(2)? })
        };
        client.query(&statement, &[&id]).await?.iter().map(moment).collect()
    }

    /// Orders, the newest first: up to `limit` of those before the order `after`.
    pub(crate) async fn orders(&self, scope: Scope, after: Option<Uuid>, limit: i64) -> Result<Vec<Order>, Failure> {
        let client = self.pool.get().await?;
        // Each its own text, so that each can walk along its own index.
        let whose = match scope {
            Scope::All => "$3::uuid IS NULL",
            Scope::Of(_) => "user_id = $3",
        };
        // Nothing comes after the greatest id.
        let after = after.unwrap_or(Uuid::max());
        let query = format!("SELECT {COLUMNS} FROM orders WHERE {whose} AND id < $1 ORDER BY id DESC LIMIT $2");
        let statement = client.prepare_cached(&query).await?;
        let rows = client.query(&statement, &[&after, &limit, &scope.user()]).await?;
        let mut orders = rows.iter().map(|row| Ok(found(row)?.order)).collect::<Result<Vec<_>, Failure>>()?;
        let ids: Vec<Uuid> = orders.iter().map(|order| order.id).collect();
        let mut items = items(&client, &ids).await?;
        for order in &mut orders {
            order.items = items.remove(&order.id).unwrap_or_default();
            with_currency(order);
        }
        Ok(orders)
    }
}

/// The items of these orders. Their prices have no currency yet.
async fn items(client: &impl GenericClient, orders: &[Uuid]) -> Result<HashMap<Uuid, Vec<OrderItem>>, Failure> {
    let statement = client.prepare_cached(ITEMS).await?;
    let mut items: HashMap<Uuid, Vec<OrderItem>> = HashMap::with_capacity(orders.len());
    for row in client.query(&statement, &[&orders]).await? {
        let price = row.try_get::<_, Option<i64>>(4)?.map(|minor| Money { minor, currency: String::new() });
        let (product, name, quantity) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        items.entry(row.try_get(0)?).or_default().push(OrderItem { product, name, quantity, price });
    }
    Ok(items)
}

/// Gives prices the currency of the total: a reservation has only one.
fn with_currency(order: &mut Order) {
    for item in &mut order.items {
        item.price = item
            .price
            .take()
            .zip(order.total.as_ref())
            .map(|(price, total)| Money { minor: price.minor, currency: total.currency.clone() });
    }
}

/// Reads a row of [`COLUMNS`].
fn found(row: &Row) -> Result<Found, Failure> {
    let state = OrderState::from_word(row.try_get(1)?).ok_or(Failure::Damaged)?;
    let (minor, currency): (Option<i64>, Option<String>) = (row.try_get(2)?, row.try_get(3)?);
    let reason: Option<&str> = row.try_get(8)?;
    // Until it has failed, it only will.
    let reason = reason.filter(|_| state == OrderState::Failed);
    let reason = reason.map(|word| Reason::from_word(word).ok_or(Failure::Damaged)).transpose()?;
    let order = Order {
        id: row.try_get(0)?,
        state,
        items: Vec::new(),
        total: minor.zip(currency).map(|(minor, currency)| Money { minor, currency }),
        payment: row.try_get(4)?,
        reservation: row.try_get(5)?,
        created_at: row.try_get(6)?,
        updated_at: row.try_get(7)?,
        reason: reason.map(Reason::word),
    };
    let missing = row.try_get::<_, Option<Json<Vec<Missing>>>>(10)?.map(|Json(missing)| missing);
    Ok(Found { order, reason, detail: row.try_get(9)?, missing: missing.unwrap_or_default() })
}
