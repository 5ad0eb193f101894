//! What an admin may ask for, checked: new products, changes to them, and a counted shelf.
//!
//! Every wrong field is reported at once. Never touches the database.

use serde::Serialize;
use serde_json::Value;
use supplex_kit::Problem;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::fields::{Fields, prose, text, uuid, whole, yes_or_no};
use crate::model::NewProduct;
use crate::money::Money;

/// The most pieces of a product that a shelf holds.
const MAX_STOCK: i32 = 1_000_000;
/// The most servings in a pack.
const MAX_SERVINGS: i32 = 100_000;
/// The most flavours of a product.
const MAX_FLAVOURS: usize = 50;

/// The body of a new product, for the description of the API. [`new_product`] reads it.
#[derive(ToSchema)]
#[schema(as = NewProduct)]
#[expect(dead_code, reason = "only describes")]
pub(crate) struct DescribedNew {
    /// Chosen by the client, so that a repeated request makes no second product. Made up when it is not there.
    id: Option<Uuid>,
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[schema(min_length = 1, max_length = 100)]
    brand: String,
    #[schema(min_length = 1, max_length = 100)]
    category: String,
    #[schema(max_items = 50)]
    flavours: Option<Vec<String>>,
    #[schema(minimum = 1, maximum = 100_000)]
    servings: i32,
    #[schema(value_type = DescribedPrice)]
    price: Money,
    #[schema(max_length = 4000)]
    description: Option<String>,
    /// How many there are to begin with.
    #[schema(minimum = 0, maximum = 1_000_000, default = 0)]
    stock: Option<i32>,
}

/// What is to be different about a product. What is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = ProductChange)]
pub(crate) struct Change {
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) name: Option<String>,
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) brand: Option<String>,
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) category: Option<String>,
    #[schema(max_items = 50)]
    pub(crate) flavours: Option<Vec<String>>,
    #[schema(minimum = 1, maximum = 100_000)]
    pub(crate) servings: Option<i32>,
    #[schema(value_type = Option<DescribedPrice>)]
    pub(crate) price: Option<Money>,
    #[schema(max_length = 4000)]
    pub(crate) description: Option<String>,
    /// `true` takes it off sale, `false` puts it back.
    pub(crate) archived: Option<bool>,
}

/// The price of one piece in the currency's smallest unit, for the description of the API.
#[derive(ToSchema)]
#[schema(as = Price)]
#[expect(dead_code, reason = "only describes")]
struct DescribedPrice {
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    minor: i64,
    /// ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$", example = "EUR")]
    currency: String,
}

/// The body of a counted shelf, for the description of the API. [`count`] reads it.
#[derive(ToSchema)]
#[schema(as = StockCount)]
#[expect(dead_code, reason = "only describes")]
pub(crate) struct DescribedCount {
    /// How many can be ordered from now on. What is reserved is not among them.
    #[schema(minimum = 0, maximum = 1_000_000)]
    available: i32,
}

/// Reads the body of a new product.
pub(crate) fn new_product(body: &[u8]) -> Result<NewProduct, Problem> {
    let mut fields = Fields::of_body(body)?;
    let id = fields.optional("id", uuid).unwrap_or_else(Uuid::now_v7);
    let name = fields.required("name", text(1, 200));
    let brand = fields.required("brand", text(1, 100));
    let category = fields.required("category", text(1, 100));
    let flavours = fields.optional("flavours", flavours).unwrap_or_default();
    let servings = fields.required("servings", whole(1, MAX_SERVINGS));
    let price = fields.required_money("price");
    let description = fields.optional("description", prose(4000)).unwrap_or_default();
    let stock = fields.optional("stock", whole(0, MAX_STOCK)).unwrap_or_default();
    fields.finish()?;
    match (name, brand, category, servings, price) {
        (Some(name), Some(brand), Some(category), Some(servings), Some(price)) => {
            Ok(NewProduct { id, name, brand, category, flavours, servings, price, description, stock })
        }
        // Cannot be: what is missing was noted, and `finish` has said so.
        _ => Err(Problem::internal()),
    }
}

/// Reads the body of a change.
pub(crate) fn change(body: &[u8]) -> Result<Change, Problem> {
    let mut fields = Fields::of_body(body)?;
    if fields.is_empty() {
        fields.wrong("body", "must have at least one field to change");
    }
    let change = Change {
        name: fields.optional("name", text(1, 200)),
        brand: fields.optional("brand", text(1, 100)),
        category: fields.optional("category", text(1, 100)),
        flavours: fields.optional("flavours", flavours),
        servings: fields.optional("servings", whole(1, MAX_SERVINGS)),
        price: fields.money("price"),
        description: fields.optional("description", prose(4000)),
        archived: fields.optional("archived", yes_or_no),
    };
    fields.finish().map(|()| change)
}

/// Reads the body of a counted shelf.
pub(crate) fn count(body: &[u8]) -> Result<i32, Problem> {
    let mut fields = Fields::of_body(body)?;
    let available = fields.required("available", whole(0, MAX_STOCK));
    fields.finish()?;
    available.ok_or_else(Problem::internal)
}

fn flavours(value: &Value) -> Result<Vec<String>, String> {
    let wrong = || format!("must be a list of at most {MAX_FLAVOURS} different texts of 1 to 100 characters");
    let values = value.as_array().filter(|values| values.len() <= MAX_FLAVOURS).ok_or_else(wrong)?;
    let mut flavours = Vec::with_capacity(values.len());
    for value in values {
        let flavour = text(1, 100)(value).map_err(|_| wrong())?;
        if flavours.contains(&flavour) {
            return Err(wrong());
        }
        flavours.push(flavour);
    }
    Ok(flavours)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(problem: &Problem) -> Vec<String> {
        let json = serde_json::to_value(problem).expect("JSON");
        let errors = json["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["parameter"].as_str().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn a_new_product_needs_what_a_customer_must_know() {
        let nothing = new_product(b"{}").expect_err("is refused");
        assert_eq!(named(&nothing), ["name", "brand", "category", "servings", "price"]);
        let body = r#"{"name":" Bar ","brand":"B","category":"bars","servings":1,
                       "price":{"minor":190,"currency":"EUR"}}"#;
        let product = new_product(body.as_bytes()).expect("is a product");
        assert_eq!((product.name.as_str(), product.stock, product.flavours.len()), ("Bar", 0, 0));
    }

    #[test]
    fn a_change_changes_what_it_names() {
        let body = br#"{"archived":true,"price":{"minor":5,"currency":"EUR"},"name":null}"#;
        let change = change(body).expect("is a change");
        let price = Some(Money { minor: 5, currency: "EUR".into() });
        assert_eq!(change, Change { archived: Some(true), price, ..Change::default() });
        for (body, wrong) in [
            (r"{}", "body"),
            (r#"{"prise":1}"#, "prise"),
            (r#"{"flavours":["a","a"]}"#, "flavours"),
            (r#"{"stock":1}"#, "stock"),
            (r#"{"price":{"minor":1.5,"currency":"EUR"}}"#, "price.minor"),
        ] {
            assert_eq!(named(&super::change(body.as_bytes()).expect_err("is refused")), [wrong], "{body}");
        }
    }
}
