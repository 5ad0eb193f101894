//! What clients ask for when they reserve, checked, what it comes to, and what a reservation looks like.
//!
//! Never touches the database.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Serialize;
use supplex_kit::{FieldError, Problem};
use utoipa::ToSchema;
use uuid::Uuid;

use super::State;
use crate::fields::{Fields, text, uuid, whole};
use crate::money::Money;

/// The most different products in a reservation.
const MAX_ITEMS: usize = 100;
/// The most pieces of one product.
const MAX_QUANTITY: i32 = 10_000;
/// How long a reservation holds when the client does not say, in seconds.
const DEFAULT_TTL: i32 = 600;
/// The longest that one can hold: a day.
const MAX_TTL: i32 = 86_400;

/// Stock that is set aside for an order.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Reservation {
    pub(crate) id: Uuid,
    /// What it is for, in the words of who asked for it.
    pub(crate) order: Option<String>,
    pub(crate) state: State,
    /// In the order of the products' ids.
    pub(crate) items: Vec<ReservedItem>,
    /// What all pieces cost together.
    pub(crate) total: Money,
    /// From when on it cannot be committed any more.
    pub(crate) expires_at: Timestamp,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// Some pieces of one product.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ReservedItem {
    pub(crate) product: Uuid,
    #[schema(minimum = 1)]
    pub(crate) quantity: i32,
    /// Of one piece, when it was reserved.
    pub(crate) price: Money,
}

/// A checked wish for a reservation.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = NewReservation)]
pub(crate) struct Wish {
    /// What it is for, in the client's words.
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) order: Option<String>,
    /// Each product once. All are reserved or none.
    #[schema(min_items = 1, max_items = 100)]
    pub(crate) items: Vec<Item>,
    /// How long it holds.
    #[schema(minimum = 1, maximum = 86_400, default = 600, required = false)]
    pub(crate) ttl_seconds: i32,
}

/// Some pieces of a product that somebody wants.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = NewReservationItem)]
pub(crate) struct Item {
    pub(crate) product: Uuid,
    #[schema(minimum = 1, maximum = 10_000)]
    pub(crate) quantity: i32,
}

/// What the shop has of a product that somebody wants.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Offer {
    pub(crate) product: Uuid,
    pub(crate) available: i32,
    pub(crate) price: Money,
    /// Whether it is not sold any more.
    pub(crate) archived: bool,
}

/// Reads the body of a wish.
pub(crate) fn wish(body: &[u8]) -> Result<Wish, Problem> {
    let mut fields = Fields::of_body(body)?;
    let order = fields.optional("order", text(1, 100));
    let items = fields.list("items", MAX_ITEMS, |fields| {
        let product = fields.required("product", uuid);
        let quantity = fields.required("quantity", whole(1, MAX_QUANTITY));
        Some(Item { product: product?, quantity: quantity? })
    });
    let mut seen = HashSet::new();
    for (index, item) in items.iter().flatten().enumerate() {
        if !seen.insert(item.product) {
            fields.wrong(&format!("items[{index}].product"), "is among the items before; add the quantities up");
        }
    }
    let ttl_seconds = fields.optional("ttl_seconds", whole(1, MAX_TTL)).unwrap_or(DEFAULT_TTL);
    fields.finish()?;
    items.map(|items| Wish { order, items, ttl_seconds }).ok_or_else(Problem::internal)
}

impl Wish {
    /// The products, as the wish has them.
    pub(crate) fn products(&self) -> Vec<Uuid> {
        self.items.iter().map(|item| item.product).collect()
    }

    /// What the wish comes to, if the shop has all of it.
    ///
    /// # Errors
    /// What is missing, item by item.
    pub(crate) fn terms(&self, offers: &[Offer]) -> Result<(Vec<ReservedItem>, Money), Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut items = Vec::with_capacity(self.items.len());
        let mut total: Option<Money> = None;
        for (index, item) in self.items.iter().enumerate() {
            let mut wrong = |field: &str, detail: String| {
                errors.push(FieldError::new(format!("items[{index}].{field}"), detail));
            };
            let offer = offers.iter().find(|offer| offer.product == item.product);
            let Some(offer) = offer.filter(|offer| !offer.archived) else {
                let detail = if offer.is_some() { "is not sold any more" } else { "is no product of this shop" };
                wrong("product", detail.to_owned());
                continue;
            };
            if offer.available < item.quantity {
                wrong("quantity", format!("is more than the {} that are there", offer.available));
                continue;
            }
            let cost = offer.price.times(item.quantity);
            let sum = cost.and_then(|cost| total.as_ref().map_or(Some(cost.clone()), |total| total.plus(&cost)));
            if sum.is_none() {
                wrong("product", format!("costs {}, which does not add up with the others", offer.price.currency));
                continue;
            }
            total = sum;
            items.push(ReservedItem { product: item.product, quantity: item.quantity, price: offer.price.clone() });
        }
        items.sort_by_key(|item| item.product);
        // There is at least one item, so without errors there is a sum.
        total.filter(|_| errors.is_empty()).map(|total| (items, total)).ok_or(errors)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn eur(minor: i64) -> Money {
        Money { minor, currency: "EUR".into() }
    }

    fn offer(product: u128, available: i32, price: Money) -> Offer {
        Offer { product: Uuid::from_u128(product), available, price, archived: false }
    }

    fn of(items: &[(u128, i32)]) -> Wish {
        let item = |(product, quantity): &(u128, i32)| Item { product: Uuid::from_u128(*product), quantity: *quantity };
        Wish { order: None, items: items.iter().map(item).collect(), ttl_seconds: 1 }
    }

    proptest! {
        #[test]
        fn a_total_is_the_sum_of_its_items_or_nothing_is_agreed(
            wanted in proptest::collection::vec((1..20_i32, 0..20_i32, 0..100_000_i64), 1..10),
        ) {
            let wish = of(&wanted.iter().zip(1..).map(|((quantity, ..), id)| (id, *quantity)).collect::<Vec<_>>());
            let offers: Vec<_> =
                wanted.iter().zip(1..).map(|((_, available, minor), id)| offer(id, *available, eur(*minor))).collect();
            let short = wanted.iter().filter(|(quantity, available, _)| available < quantity).count();
            match wish.terms(&offers) {
                Ok((items, total)) => {
                    prop_assert_eq!(short, 0);
                    let sum: i64 = items.iter().map(|item| item.price.minor * i64::from(item.quantity)).sum();
                    prop_assert_eq!((total, items.len()), (eur(sum), wanted.len()));
                }
                Err(errors) => prop_assert!(short > 0 && errors.len() == short),
            }
        }
    }

    #[test]
    fn what_is_missing_is_said_item_by_item() {
        let mut gone = offer(2, 9, eur(1));
        gone.archived = true;
        let francs = Money { minor: 1, currency: "CHF".into() };
        let offers = [offer(1, 2, eur(1)), gone, offer(4, 5, eur(1)), offer(5, 5, francs)];
        let errors = of(&[(1, 3), (2, 1), (3, 1), (4, 5), (5, 1)]).terms(&offers).expect_err("not all are there");
        let said: Vec<_> = errors.iter().map(|error| format!("{} {}", error.parameter, error.detail)).collect();
        assert_eq!(
            said,
            [
                "items[0].quantity is more than the 2 that are there",
                "items[1].product is not sold any more",
                "items[2].product is no product of this shop",
                "items[4].product costs CHF, which does not add up with the others",
            ]
        );
    }

    #[test]
    fn a_wish_names_each_product_once() {
        let id = Uuid::nil();
        let body = format!(
            r#"{{"items":[{{"product":"{id}","quantity":1}},{{"product":"{id}","quantity":2}}],"ttl_seconds":0}}"#
        );
        let problem = serde_json::to_value(wish(body.as_bytes()).expect_err("is refused")).expect("JSON");
        let named: Vec<_> = problem["errors"].as_array().expect("errors").iter().map(|it| &it["parameter"]).collect();
        assert_eq!(named, ["items[1].product", "ttl_seconds"]);
        assert!(wish(b"{\"items\":[]}").is_err());
    }
}
