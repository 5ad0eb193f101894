//! The query of a page: only the conditions that were asked for, so that Postgres can use an index for them.
//!
//! Values are always parameters, never part of the text.

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::filter::Filter;
use super::sort::{Key, Place, Sort};

/// A query with its parameters.
pub(crate) struct Query {
    text: String,
    values: Vec<(Box<dyn ToSql + Sync + Send>, Type)>,
}

impl Query {
    /// The query for the page that `filter` asks for, and one product more: whether that is there says whether there is
    /// a next page. `columns` are those of `products p` and `stock s` that are wanted; the key of the order comes after
    /// them.
    pub(crate) fn page(columns: &str, filter: &Filter) -> Self {
        let mut query = Self { text: String::new(), values: Vec::new() };
        let which = &filter.which;
        let mut conditions = vec!["p.archived_at IS NULL".to_owned()];
        let mut search = None;
        if let Some(words) = &which.q {
            let words = query.value(words.clone(), Type::TEXT);
            let asked = format!("websearch_to_tsquery('english', {words})");
            conditions.push(format!("p.document @@ {asked}"));
            search = Some(asked);
        }
        for (column, text) in [("p.category", &which.category), ("p.brand", &which.brand)] {
            if let Some(text) = text {
                conditions.push(format!("{column} = {}", query.value(text.clone(), Type::TEXT)));
            }
        }
        if let Some(flavour) = &which.flavour {
            conditions.push(format!("p.flavours @> ARRAY[{}]", query.value(flavour.clone(), Type::TEXT)));
        }
        for (comparison, price) in [(">=", which.min_price), ("<=", which.max_price)] {
            if let Some(price) = price {
                conditions.push(format!("p.price_minor {comparison} {}", query.value(price, Type::INT8)));
            }
        }
        if let Some(in_stock) = which.in_stock {
            conditions.push(format!("s.available {} 0", if in_stock { ">" } else { "=" }));
        }
        let key = match (filter.sort, search) {
            (Sort::Relevance, Some(asked)) => format!("ts_rank(p.document, {asked})"),
            (Sort::Price | Sort::PriceDown, _) => "p.price_minor".to_owned(),
            (Sort::Newest, _) => "p.created_at".to_owned(),
            // Relevance is never asked for without words.
            (Sort::Name | Sort::Relevance, _) => "p.name".to_owned(),
        };
        if let Some(place) = &filter.after {
            conditions.push(query.after(&key, place));
        }
        let direction = if filter.sort.goes_down() { "DESC" } else { "ASC" };
        let one_more = query.value(i64::from(filter.limit) + 1, Type::INT8);
        query.text = format!(
            "SELECT {columns}, {key} FROM products p JOIN stock s ON s.product_id = p.id WHERE {} \
             ORDER BY {key} {direction}, p.id {direction} LIMIT {one_more}",
            conditions.join(" AND ")
        );
        query
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The parameters, with their types.
    pub(crate) fn values(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        self.values.iter().map(|(value, kind)| (&**value as &(dyn ToSql + Sync), kind.clone())).collect()
    }

    /// Adds a parameter, and says how the text refers to it.
    fn value(&mut self, value: impl ToSql + Sync + Send + 'static, kind: Type) -> String {
        self.values.push((Box::new(value), kind));
        format!("${}", self.values.len())
    }

    /// The condition for what comes after `place`.
    fn after(&mut self, key: &str, place: &Place) -> String {
        let value = match &place.key {
            Key::Name(name) => self.value(name.clone(), Type::TEXT),
            Key::Price(price) | Key::PriceDown(price) => self.value(*price, Type::INT8),
            Key::Newest(micros) => {
                // Cannot fail: a cursor has no other times than those of the years that both know.
                let time = Timestamp::from_microsecond(*micros).unwrap_or(Timestamp::UNIX_EPOCH);
                self.value(time, Type::TIMESTAMPTZ)
            }
            Key::Relevance(rank) => self.value(*rank, Type::FLOAT4),
        };
        let collation = if matches!(place.key, Key::Name(_)) { " COLLATE \"C\"" } else { "" };
        let comparison = if place.key.sort().goes_down() { "<" } else { ">" };
        format!("({key}, p.id) {comparison} ({value}{collation}, {})", self.value(place.id, Type::UUID))
    }
}

impl Filter {
    /// The `cursor` of the page after the product `id`, which `row` of this filter's query shows. Its key is in
    /// `column`.
    ///
    /// # Errors
    /// When the row is not of this filter's query.
    pub(crate) fn next(&self, row: &Row, column: usize, id: Uuid) -> Result<String, tokio_postgres::Error> {
        let key = match self.sort {
            Sort::Name => Key::Name(row.try_get(column)?),
            Sort::Price => Key::Price(row.try_get(column)?),
            Sort::PriceDown => Key::PriceDown(row.try_get(column)?),
            Sort::Newest => Key::Newest(row.try_get::<_, Timestamp>(column)?.as_microsecond()),
            Sort::Relevance => Key::Relevance(row.try_get(column)?),
        };
        Ok(self.cursor(&Place { key, id }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&str, &str)]) -> Query {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Query::page("p.id", &Filter::parse(pairs).expect("valid"))
    }

    #[test]
    fn what_is_not_asked_for_is_no_condition() {
        let query = query(&[]);
        assert!(query.text().contains("WHERE p.archived_at IS NULL ORDER BY p.name ASC, p.id ASC LIMIT $1"));
        assert_eq!(query.values().len(), 1);
    }

    #[test]
    fn whatever_a_client_writes_is_a_parameter() {
        let word = "x' OR 1=1 --";
        let query = query(&[("q", word), ("brand", word), ("category", word), ("flavour", word), ("in_stock", "true")]);
        assert!(!query.text().contains("1=1"), "{}", query.text());
        assert_eq!(query.values().len(), 5);
    }
}
