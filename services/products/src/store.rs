//! The queries. Everything that knows SQL is here.
//!
//! Statements are prepared once per connection. Values are always parameters, never part of a statement's text.

use deadpool_postgres::Pool;
use supplex_kit::database::QueryError;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::cursor::Cursor;
use crate::filter::Filter;
use crate::model::{Money, Page, Product, Stock};

const PAGE: &str = "
    SELECT p.id, p.name, p.brand, p.category, p.flavours, p.servings, p.price_minor, p.currency, p.description,
           s.available
    FROM products p JOIN stock s ON s.product_id = p.id
    WHERE ($1::text IS NULL OR p.category = $1)
      AND ($2::text IS NULL OR p.brand = $2)
      AND p.search LIKE ALL ($3::text[])
      AND ($4::bigint IS NULL OR p.price_minor >= $4)
      AND ($5::bigint IS NULL OR p.price_minor <= $5)
      AND ($6::text IS NULL OR (p.name, p.id) > ($6 COLLATE \"C\", $7::uuid))
    ORDER BY p.name, p.id
    LIMIT $8";

const ONE: &str = "
    SELECT p.id, p.name, p.brand, p.category, p.flavours, p.servings, p.price_minor, p.currency, p.description,
           s.available
    FROM products p JOIN stock s ON s.product_id = p.id
    WHERE p.id = $1";

const STOCK: &str = "SELECT product_id, available, updated_at FROM stock WHERE product_id = $1";

/// Returns one row per product, true for those that were not there. `xmax` is zero only in a row version that an
/// INSERT made.
const UPSERT: &str = "
    WITH given AS (
        SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(
            id uuid, name text, brand text, category text, flavours text[], servings integer, price jsonb,
            description text, stock integer)
    ), kept AS (
        INSERT INTO products (id, name, brand, category, flavours, servings, price_minor, currency, description)
        SELECT id, name, brand, category, flavours, servings, (price->>'minor')::bigint, price->>'currency', description
        FROM given
        ON CONFLICT (id) DO UPDATE SET
            (name, brand, category, flavours, servings, price_minor, currency, description) =
            (excluded.name, excluded.brand, excluded.category, excluded.flavours, excluded.servings,
             excluded.price_minor, excluded.currency, excluded.description)
        RETURNING id, xmax = 0 AS new
    ), stocked AS (
        -- Stock that is there already was counted by orders, so it stays.
        INSERT INTO stock (product_id, available) SELECT id, stock FROM given ON CONFLICT (product_id) DO NOTHING
    )
    SELECT new FROM kept";

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

    /// One page of the products that `filter` lets through, by name.
    pub(crate) async fn page(&self, filter: &Filter) -> Result<Page, QueryError> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(PAGE).await?;
        let patterns: Vec<String> = filter.words.iter().map(|word| contains(word)).collect();
        let after = filter.after.as_ref();
        // One more than a page holds: whether it is there says whether there is a next page.
        let one_more = i64::from(filter.limit) + 1;
        let (name, id) = (after.map(|cursor| &cursor.name), after.map(|cursor| cursor.id));
        let rows = client
            .query(
                &statement,
                &[
                    &filter.category,
                    &filter.brand,
                    &patterns,
                    &filter.min_price,
                    &filter.max_price,
                    &name,
                    &id,
                    &one_more,
                ],
            )
            .await?;
        let mut items = rows.iter().map(product).collect::<Result<Vec<_>, _>>()?;
        let more = items.len() > filter.limit as usize;
        items.truncate(filter.limit as usize);
        let last = items.last().filter(|_| more);
        let next = last.map(|last| Cursor { name: last.name.clone(), id: last.id }.encode());
        Ok(Page { items, next })
    }

    /// The product with this id, if there is one.
    pub(crate) async fn product(&self, id: Uuid) -> Result<Option<Product>, QueryError> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(ONE).await?;
        let row = client.query_opt(&statement, &[&id]).await?;
        Ok(row.as_ref().map(product).transpose()?)
    }

    /// How many of a product there are, if there is such a product.
    pub(crate) async fn stock(&self, id: Uuid) -> Result<Option<Stock>, QueryError> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(STOCK).await?;
        let row = client.query_opt(&statement, &[&id]).await?;
        let stock = |row: &Row| -> Result<Stock, tokio_postgres::Error> {
            Ok(Stock { product: row.try_get(0)?, available: row.try_get(1)?, updated_at: row.try_get(2)? })
        };
        Ok(row.as_ref().map(stock).transpose()?)
    }

    /// Adds `products`, or brings those that are there up to date, all or none. Returns how many were new.
    pub(crate) async fn upsert(&self, products: &[Product]) -> Result<usize, QueryError> {
        let client = self.pool.get().await?;
        let json = tokio_postgres::types::Json(products);
        let rows = client.query(UPSERT, &[&json]).await?;
        let mut new = 0;
        for row in &rows {
            new += usize::from(row.try_get::<_, bool>(0)?);
        }
        Ok(new)
    }
}

/// A LIKE pattern for texts that contain `word` literally.
fn contains(word: &str) -> String {
    let mut pattern = String::with_capacity(word.len() + 2);
    pattern.push('%');
    for character in word.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// Reads a row of [`PAGE`] or [`ONE`].
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
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn signs_with_a_meaning_to_like_are_literal() {
        assert_eq!(super::contains(r"100%_\"), r"%100\%\_\\%");
    }
}
