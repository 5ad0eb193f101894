//! What the catalogue is made of, as clients see it.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// A product.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Product {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) brand: String,
    pub(crate) category: String,
    pub(crate) flavours: Vec<String>,
    pub(crate) servings: i32,
    pub(crate) price: Money,
    pub(crate) description: String,
    /// How many can be ordered now.
    pub(crate) stock: i32,
}

/// An amount in the currency's smallest unit, so that no sum is ever rounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Money {
    pub(crate) minor: i64,
    /// ISO 4217.
    pub(crate) currency: String,
}

/// How many of a product can be ordered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Stock {
    pub(crate) product: Uuid,
    pub(crate) available: i32,
    /// When the number last changed.
    pub(crate) updated_at: Timestamp,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Page {
    pub(crate) items: Vec<Product>,
    /// The `cursor` of the following page; `null` on the last one.
    pub(crate) next: Option<String>,
}
