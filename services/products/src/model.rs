//! What the catalogue is made of, as clients see it.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::money::Money;

/// A product.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
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
    #[schema(minimum = 0)]
    pub(crate) stock: i32,
    /// Whether it is not sold any more. Such a product is in no list and cannot be reserved.
    pub(crate) archived: bool,
    pub(crate) created_at: Timestamp,
    /// When it was last changed. Orders do not change it.
    pub(crate) updated_at: Timestamp,
}

/// A product that is not there yet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct NewProduct {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) brand: String,
    pub(crate) category: String,
    pub(crate) flavours: Vec<String>,
    pub(crate) servings: i32,
    pub(crate) price: Money,
    pub(crate) description: String,
    /// How many there are to begin with.
    pub(crate) stock: i32,
}

/// How many of a product can be ordered.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Stock {
    pub(crate) product: Uuid,
    #[schema(minimum = 0)]
    pub(crate) available: i32,
    /// When the number last changed.
    pub(crate) updated_at: Timestamp,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Page {
    pub(crate) items: Vec<Product>,
    /// The `cursor` of the following page; `null` on the last one.
    pub(crate) next: Option<String>,
}
