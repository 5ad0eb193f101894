//! The queries: what three services have written down, each in its own database.

use std::collections::BTreeMap;

use supplex_stack::component::Component;
use supplex_stack::layout::Layout;
use supplex_stack::state::State;
use tokio_postgres::{Client, Row};

use super::ledger::{Order, Orders, Payments, Shelves, Sold};

/// Whatever is not at an end, for the customer or behind the scenes.
const UNSETTLED: &str = "
    SELECT count(*) FROM orders o LEFT JOIN sagas s ON s.order_id = o.id
    WHERE o.state IN ('pending', 'cancelling') OR s.due_at IS NOT NULL";

/// Of an order that is not paid, neither total nor pieces count.
const ORDERS: &str = "
    SELECT id, state, coalesce(currency, ''), CASE state WHEN 'paid' THEN total_minor ELSE 0 END::bigint FROM orders";

const ITEMS: &str = "
    SELECT i.order_id, i.product_id, i.quantity::bigint
    FROM order_items i JOIN orders o ON o.id = i.order_id WHERE o.state = 'paid'";

const PAYMENTS: &str = "
    SELECT coalesce(order_ref, ''), currency, sum(captured_minor - refunded_minor)::bigint FROM payments
    GROUP BY 1, 2";

const HELD: &str = "SELECT count(*) FROM payments WHERE state = 'authorised'";

const SOLD: &str = "
    SELECT coalesce(r.order_ref, ''), i.product_id, sum(i.quantity)::bigint
    FROM reservations r JOIN reservation_items i ON i.reservation_id = r.id WHERE r.state = 'committed'
    GROUP BY 1, 2";

const SHELVES: &str = "SELECT product_id, sold FROM stock WHERE sold <> 0";

/// Connections to the three databases.
pub(super) struct Databases {
    orders: Client,
    payments: Client,
    products: Client,
}

impl Databases {
    /// Connects to those of a stack that runs.
    ///
    /// # Errors
    /// In words, when it does not run.
    pub(super) async fn connect(layout: &Layout) -> Result<Self, String> {
        let in_words = |error: supplex_stack::Error| error.to_string();
        let state = State::load(layout).map_err(in_words)?;
        let postgres = state.alive(Component::Postgres).ok_or("the stack's Postgres is not running")?.address;
        let cluster = layout.cluster().map_err(in_words)?;
        let connect = async |database| {
            let client = cluster.connect(postgres, database).await;
            client.map_err(|error| format!("the database {database}: {error}"))
        };
        Ok(Self {
            orders: connect("orders").await?,
            payments: connect("payments").await?,
            products: connect("products").await?,
        })
    }

    /// How many orders are on their way.
    pub(super) async fn unsettled(&self) -> Result<u64, String> {
        count(&self.orders, UNSETTLED).await
    }

    /// Every order, and how many there are in each state.
    pub(super) async fn orders(&self) -> Result<(Orders, BTreeMap<String, u64>), String> {
        let (mut orders, mut states) = (Orders::new(), BTreeMap::new());
        for row in rows(&self.orders, ORDERS).await? {
            *states.entry(field::<String>(&row, 1)?).or_default() += 1;
            let order = Order { currency: field(&row, 2)?, minor: field(&row, 3)?, pieces: BTreeMap::new() };
            orders.insert(field(&row, 0)?, order);
        }
        for row in rows(&self.orders, ITEMS).await? {
            if let Some(order) = orders.get_mut(&field(&row, 0)?) {
                *order.pieces.entry(field(&row, 1)?).or_default() += field::<i64>(&row, 2)?;
            }
        }
        Ok((orders, states))
    }

    /// What was captured and not refunded, and how many payments are only authorised.
    pub(super) async fn payments(&self) -> Result<(Payments, u64), String> {
        let rows = rows(&self.payments, PAYMENTS).await?;
        let payment = |row: &Row| Ok(((field(row, 0)?, field(row, 1)?), field(row, 2)?));
        Ok((rows.iter().map(payment).collect::<Result<_, String>>()?, count(&self.payments, HELD).await?))
    }

    /// What was sold, by reservations.
    pub(super) async fn sold(&self) -> Result<Sold, String> {
        let rows = rows(&self.products, SOLD).await?;
        rows.iter().map(|row| Ok(((field(row, 0)?, field(row, 1)?), field(row, 2)?))).collect()
    }

    /// What was sold, by the shelves' own count.
    pub(super) async fn shelves(&self) -> Result<Shelves, String> {
        let rows = rows(&self.products, SHELVES).await?;
        rows.iter().map(|row| Ok((field(row, 0)?, field(row, 1)?))).collect()
    }
}

async fn rows(client: &Client, query: &str) -> Result<Vec<Row>, String> {
    client.query(query, &[]).await.map_err(in_words)
}

async fn count(client: &Client, query: &str) -> Result<u64, String> {
    let row = client.query_one(query, &[]).await.map_err(in_words)?;
    Ok(field::<i64>(&row, 0)?.unsigned_abs())
}

fn field<'a, T: tokio_postgres::types::FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, String> {
    row.try_get(column).map_err(in_words)
}

fn in_words(error: tokio_postgres::Error) -> String {
    match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
