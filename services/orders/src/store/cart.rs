//! The queries of carts.
//!
//! Whoever changes a cart locks its row first, and so does a checkout: a change is in the order or in the next cart, and
//! never in both or neither.

use deadpool_postgres::Transaction;
use uuid::Uuid;

use super::{Failure, Refusal, Store};

/// The most different products in a cart.
pub(crate) const MOST_ITEMS: i64 = 50;

/// Makes the cart if it is not there, locks it, and says that it is another one now.
const CHANGE: &str = "
    INSERT INTO carts (user_id, version) VALUES ($1, 1)
    ON CONFLICT (user_id) DO UPDATE SET version = carts.version + 1, updated_at = now()";

const PUT: &str = "
    INSERT INTO cart_items (user_id, product_id, name, quantity) VALUES ($1, $2, $3, $4)
    ON CONFLICT (user_id, product_id) DO UPDATE SET name = $3, quantity = $4";

const LINES: &str =
    "SELECT product_id, name, quantity FROM cart_items WHERE user_id = $1 ORDER BY added_at, product_id";

const REMOVE: &str = "DELETE FROM cart_items WHERE user_id = $1 AND ($2::uuid IS NULL OR product_id = $2)";

/// Some pieces of one product, as they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) product: Uuid,
    pub(crate) name: String,
    pub(crate) quantity: i32,
}

impl Store {
    /// What is in somebody's cart, and which version of it that is.
    pub(crate) async fn cart(&self, user: Uuid) -> Result<(i64, Vec<Line>), Failure> {
        let mut client = self.pool.get().await?;
        // One snapshot for both, or the lines might be those of another version.
        let builder = client.build_transaction();
        let builder = builder.isolation_level(tokio_postgres::IsolationLevel::RepeatableRead).read_only(true);
        let transaction = builder.start().await?;
        let version = transaction.query_opt("SELECT version FROM carts WHERE user_id = $1", &[&user]).await?;
        let version = version.map_or(Ok(0), |row| row.try_get(0))?;
        let mut lines = Vec::new();
        for row in transaction.query(LINES, &[&user]).await? {
            lines.push(Line { product: row.try_get(0)?, name: row.try_get(1)?, quantity: row.try_get(2)? });
        }
        Ok((version, lines))
    }

    /// Puts so many pieces of a product into a cart, instead of those that were there.
    pub(crate) async fn put(&self, user: Uuid, line: &Line) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        change(&transaction, user).await?;
        let statement = transaction.prepare_cached(PUT).await?;
        transaction.execute(&statement, &[&user, &line.product, &line.name, &line.quantity]).await?;
        let statement = transaction.prepare_cached("SELECT count(*) FROM cart_items WHERE user_id = $1").await?;
        if transaction.query_one(&statement, &[&user]).await?.try_get::<_, i64>(0)? > MOST_ITEMS {
            return Err(Failure::Refused(Refusal::CartFull));
        }
        Ok(transaction.commit().await?)
    }

    /// Takes a product out of a cart, or everything. What is not there is out already.
    pub(crate) async fn remove(&self, user: Uuid, product: Option<Uuid>) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        change(&transaction, user).await?;
        let statement = transaction.prepare_cached(REMOVE).await?;
        if transaction.execute(&statement, &[&user, &product]).await? > 0 {
            transaction.commit().await?;
        }
        Ok(())
    }
}

async fn change(transaction: &Transaction<'_>, user: Uuid) -> Result<(), Failure> {
    let statement = transaction.prepare_cached(CHANGE).await?;
    transaction.execute(&statement, &[&user]).await?;
    Ok(())
}
