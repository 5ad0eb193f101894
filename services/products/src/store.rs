//! The queries of the catalogue. Those of reservations are in `inventory/store.rs`; no other file knows SQL, except that
//! `list/query.rs` writes the query of a page.
//!
//! Statements are prepared once per connection, except that of a page, which has too many forms. Values are always
//! parameters, never part of a statement's text.

use axum::http::StatusCode;
use deadpool_postgres::{Pool, Transaction};
use supplex_kit::Problem;
use supplex_kit::database::{self, QueryError};
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::change::Change;
use crate::conditional::Condition;
use crate::list::{Filter, Query};
use crate::model::{NewProduct, Page, Product, Stock};
use crate::money::Money;

/// What [`product`] reads.
const COLUMNS: &str = "p.id, p.name, p.brand, p.category, p.flavours, p.servings, p.price_minor, p.currency,
    p.description, s.available, p.archived_at IS NOT NULL, p.created_at, p.updated_at";

/// How many [`COLUMNS`] there are.
const COLUMN_COUNT: usize = 13;

const ONE: &str = "FROM products p JOIN stock s ON s.product_id = p.id WHERE p.id = $1";

const STOCK: &str = "SELECT product_id, available, updated_at FROM stock WHERE product_id = $1";

const COUNT: &str = "UPDATE stock SET available = $2, updated_at = clock_timestamp() WHERE product_id = $1
    RETURNING product_id, available, updated_at";

const UPDATE: &str = "
    UPDATE products SET name = $2, brand = $3, category = $4, flavours = $5, servings = $6, price_minor = $7,
        currency = $8, description = $9, updated_at = clock_timestamp(),
        archived_at = CASE WHEN $10 THEN coalesce(archived_at, clock_timestamp()) END
    WHERE id = $1";

/// The products of a JSON array. In the order of their ids, so that two seedings at once do not wait for each other in a
/// circle.
const GIVEN: &str = "
    WITH given AS (
        SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(
            id uuid, name text, brand text, category text, flavours text[], servings integer, price jsonb,
            description text, stock integer)
        ORDER BY id
    ), kept AS (
        INSERT INTO products (id, name, brand, category, flavours, servings, price_minor, currency, description)
        SELECT id, name, brand, category, flavours, servings, (price->>'minor')::bigint, price->>'currency', description
        FROM given";

/// Follows [`GIVEN`]. Returns a row for each product that was not there.
const CREATE: &str = "
        ON CONFLICT (id) DO NOTHING
        RETURNING id
    )
    INSERT INTO stock (product_id, available) SELECT id, stock FROM given JOIN kept USING (id) RETURNING product_id";

/// Follows [`GIVEN`]. Returns a row for each product that was written, true for those that were not there. `xmax` is zero
/// only in a row version that an INSERT made.
const UPSERT: &str = "
        ON CONFLICT (id) DO UPDATE SET
            (name, brand, category, flavours, servings, price_minor, currency, description, updated_at) =
            (excluded.name, excluded.brand, excluded.category, excluded.flavours, excluded.servings,
             excluded.price_minor, excluded.currency, excluded.description, clock_timestamp())
        WHERE (products.name, products.brand, products.category, products.flavours, products.servings,
               products.price_minor, products.currency, products.description) IS DISTINCT FROM
              (excluded.name, excluded.brand, excluded.category, excluded.flavours, excluded.servings,
               excluded.price_minor, excluded.currency, excluded.description)
        RETURNING id, xmax = 0 AS new
    ), stocked AS (
        -- Stock that is there already was counted by orders, so it stays.
        INSERT INTO stock (product_id, available) SELECT id, stock FROM given ON CONFLICT (product_id) DO NOTHING
    )
    SELECT new FROM kept";

/// What is refused.
#[derive(Debug)]
pub(crate) enum Refused {
    /// There is no such product.
    NoProduct(Uuid),
    /// There is a product with this id already.
    Exists(Uuid),
    /// The client's condition does not hold.
    Condition(Problem),
}

/// Why something was not read or changed.
pub(crate) type Failure = database::Failure<Refused>;

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NoProduct(id) => Problem::not_found(format!("There is no product {id}.")),
            Refused::Exists(id) => {
                Problem::new(StatusCode::CONFLICT, "product.exists", format!("There is a product {id} already."))
            }
            Refused::Condition(problem) => problem,
        }
    }
}

fn refused(condition: Problem) -> Failure {
    Failure::Refused(Refused::Condition(condition))
}

fn no_product(id: Uuid) -> Failure {
    Failure::Refused(Refused::NoProduct(id))
}

/// The catalogue in its database.
#[derive(Clone)]
pub(crate) struct Store {
    pool: Pool,
}

impl Store {
    /// A store over `pool`.
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// One page of the products that `filter` lets through, in its order.
    pub(crate) async fn page(&self, filter: &Filter) -> Result<Page, QueryError> {
        let client = self.pool.get().await?;
        let query = Query::page(COLUMNS, filter);
        let mut rows = client.query_typed(query.text(), &query.values()).await?;
        let limit = filter.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let items = rows.iter().map(product).collect::<Result<Vec<_>, _>>()?;
        let last = rows.last().zip(items.last()).filter(|_| more);
        let next = last.map(|(row, last)| filter.next(row, COLUMN_COUNT, last.id)).transpose()?;
        Ok(Page { items, next })
    }

    /// The product with this id.
    pub(crate) async fn product(&self, id: Uuid) -> Result<Product, Failure> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(&format!("SELECT {COLUMNS} {ONE}")).await?;
        let row = client.query_opt(&statement, &[&id]).await?.ok_or_else(|| no_product(id))?;
        Ok(product(&row)?)
    }

    /// How many of a product there are.
    pub(crate) async fn stock(&self, id: Uuid) -> Result<Stock, Failure> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(STOCK).await?;
        let row = client.query_opt(&statement, &[&id]).await?.ok_or_else(|| no_product(id))?;
        Ok(stock(&row)?)
    }

    /// Adds a product.
    pub(crate) async fn create(&self, product: &NewProduct) -> Result<Product, Failure> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(&[GIVEN, CREATE].concat()).await?;
        if client.query(&statement, &[&Json([product])]).await?.is_empty() {
            return Err(Failure::Refused(Refused::Exists(product.id)));
        }
        drop(client);
        self.product(product.id).await
    }

    /// Changes a product for which `condition` holds.
    pub(crate) async fn update(&self, id: Uuid, change: Change, condition: &Condition) -> Result<Product, Failure> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        // Not FOR UPDATE, which reservations of the product would have to wait for.
        let lock = transaction.prepare_cached(&format!("SELECT {COLUMNS} {ONE} FOR NO KEY UPDATE OF p")).await?;
        let row = transaction.query_opt(&lock, &[&id]).await?.ok_or_else(|| no_product(id))?;
        let before = product(&row)?;
        condition.check(&before).map_err(refused)?;
        write(&transaction, &before, change).await?;
        let read = transaction.prepare_cached(&format!("SELECT {COLUMNS} {ONE}")).await?;
        let after = product(&transaction.query_one(&read, &[&id]).await?)?;
        transaction.commit().await?;
        Ok(after)
    }

    /// Says how many of a product can be ordered from now on, if `condition` holds for what was known of it.
    pub(crate) async fn count(&self, id: Uuid, available: i32, condition: &Condition) -> Result<Stock, Failure> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        let lock = transaction.prepare_cached(&format!("{STOCK} FOR UPDATE")).await?;
        let row = transaction.query_opt(&lock, &[&id]).await?.ok_or_else(|| no_product(id))?;
        condition.check(&stock(&row)?).map_err(refused)?;
        let statement = transaction.prepare_cached(COUNT).await?;
        let after = stock(&transaction.query_one(&statement, &[&id, &available]).await?)?;
        transaction.commit().await?;
        Ok(after)
    }

    /// Adds `products`, or brings those that are there up to date, all or none. Returns how many were new.
    pub(crate) async fn upsert(&self, products: &[NewProduct]) -> Result<usize, QueryError> {
        let client = self.pool.get().await?;
        let rows = client.query(&[GIVEN, UPSERT].concat(), &[&Json(products)]).await?;
        let mut new = 0;
        for row in &rows {
            new += usize::from(row.try_get::<_, bool>(0)?);
        }
        Ok(new)
    }
}

async fn write(transaction: &Transaction<'_>, before: &Product, change: Change) -> Result<(), tokio_postgres::Error> {
    let statement = transaction.prepare_cached(UPDATE).await?;
    let price = change.price.as_ref().unwrap_or(&before.price);
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 10] = [
        &before.id,
        change.name.as_ref().unwrap_or(&before.name),
        change.brand.as_ref().unwrap_or(&before.brand),
        change.category.as_ref().unwrap_or(&before.category),
        change.flavours.as_ref().unwrap_or(&before.flavours),
        change.servings.as_ref().unwrap_or(&before.servings),
        &price.minor,
        &price.currency,
        change.description.as_ref().unwrap_or(&before.description),
        change.archived.as_ref().unwrap_or(&before.archived),
    ];
    transaction.execute(&statement, &values).await?;
    Ok(())
}

/// Reads a row of [`COLUMNS`].
fn product(row: &Row) -> Result<Product, tokio_postgres::Error> {
    Ok(Product {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        brand: row.try_get(2)?,
        category: row.try_get(3)?,
        flavours: row.try_get(4)?,
        servings: row.try_get(5)?,
        price: Money { minor: row.try_get(6)?, currency: row.try_get(7)? },
        description: row.try_get(8)?,
        stock: row.try_get(9)?,
        archived: row.try_get(10)?,
        created_at: row.try_get(11)?,
        updated_at: row.try_get(12)?,
    })
}

/// Reads a row of [`STOCK`].
fn stock(row: &Row) -> Result<Stock, tokio_postgres::Error> {
    Ok(Stock { product: row.try_get(0)?, available: row.try_get(1)?, updated_at: row.try_get(2)? })
}
