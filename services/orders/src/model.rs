//! What a cart and an order are, as clients see them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An amount in the currency's smallest unit, so that no sum is ever rounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Money {
    #[schema(minimum = 0)]
    pub(crate) minor: i64,
    /// ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$", example = "EUR")]
    pub(crate) currency: String,
}

/// What somebody wants to buy.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Cart {
    /// In the order in which they were put in.
    pub(crate) items: Vec<CartItem>,
    /// What all of it costs now. `null` when there is nothing, or something that has no price or another currency.
    #[schema(required = true)]
    pub(crate) total: Option<Money>,
}

/// Some pieces of one product.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct CartItem {
    pub(crate) product: Uuid,
    pub(crate) name: String,
    #[schema(minimum = 1, maximum = 100)]
    pub(crate) quantity: i32,
    /// Of one piece, now. `null` when it is not sold any more: an order of it would fail.
    #[schema(required = true)]
    pub(crate) price: Option<Money>,
}

/// Where an order stands.
///
/// ```text
/// pending ──▶ paid ──cancel──▶ cancelling ──▶ cancelled
///    └──────▶ failed
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrderState {
    /// Stock and money are being seen to.
    Pending,
    /// The money was taken and the stock is the customer's.
    Paid,
    /// Nothing was taken.
    Failed,
    /// Money and stock are being given back.
    Cancelling,
    /// They were.
    Cancelled,
}

impl OrderState {
    /// The word for it in the database and in JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state that `word` stands for.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Pending, Self::Paid, Self::Failed, Self::Cancelling, Self::Cancelled];
        all.into_iter().find(|state| state.word() == word)
    }

    /// Whether work on it is going on.
    pub(crate) fn is_moving(self) -> bool {
        matches!(self, Self::Pending | Self::Cancelling)
    }
}

/// An order.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Order {
    pub(crate) id: Uuid,
    pub(crate) state: OrderState,
    pub(crate) items: Vec<OrderItem>,
    /// What was reserved at the prices of that moment. `null` before.
    #[schema(required = true)]
    pub(crate) total: Option<Money>,
    /// Its payment at svc-payments, once there is one.
    #[schema(required = true)]
    pub(crate) payment: Option<Uuid>,
    /// Its reservation at svc-products, once there is one.
    #[schema(required = true)]
    pub(crate) reservation: Option<Uuid>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = r"^[a-z_]+\.[a-z_]+$")]
    pub(crate) reason: Option<&'static str>,
}

/// Some pieces of one product.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct OrderItem {
    pub(crate) product: Uuid,
    /// As it was called when it was put into the cart.
    pub(crate) name: String,
    #[schema(minimum = 1)]
    pub(crate) quantity: i32,
    /// Of one piece, when it was reserved. `null` before.
    #[schema(required = true)]
    pub(crate) price: Option<Money>,
}

/// An order with what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct OrderWithHistory {
    #[serde(flatten)]
    pub(crate) order: Order,
    /// The oldest first.
    #[schema(min_items = 1)]
    pub(crate) history: Vec<Moment>,
}

/// When an order got where.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Moment {
    pub(crate) state: OrderState,
    pub(crate) at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

/// One page of orders.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Page {
    /// The newest first.
    pub(crate) items: Vec<Order>,
    /// The `after` of the following page; `null` on the last one.
    #[schema(required = true)]
    pub(crate) next: Option<String>,
}

impl Cart {
    /// A cart of these.
    pub(crate) fn of(items: Vec<CartItem>) -> Self {
        let mut total: Option<Money> = None;
        for item in &items {
            let cost = item.price.as_ref().and_then(|price| price.times(item.quantity));
            let sum = match (&total, cost) {
                (None, Some(cost)) => Some(cost),
                (Some(total), Some(cost)) => total.plus(&cost),
                (_, None) => None,
            };
            total = sum;
            if total.is_none() {
                break;
            }
        }
        Self { items, total }
    }
}

impl Money {
    /// This much for each of `quantity` pieces. `None` when it is more than can be written down.
    fn times(&self, quantity: i32) -> Option<Self> {
        let minor = self.minor.checked_mul(quantity.into())?;
        Some(Self { minor, currency: self.currency.clone() })
    }

    /// Both together. `None` when the currencies differ, or it is more than can be written down.
    fn plus(&self, other: &Self) -> Option<Self> {
        let minor = self.minor.checked_add(other.minor).filter(|_| self.currency == other.currency)?;
        Some(Self { minor, currency: self.currency.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(quantity: i32, price: Option<(i64, &str)>) -> CartItem {
        let price = price.map(|(minor, currency)| Money { minor, currency: currency.into() });
        CartItem { product: Uuid::nil(), name: "Bar".into(), quantity, price }
    }

    #[test]
    fn a_total_is_a_sum_or_nothing() {
        let total = |items: Vec<CartItem>| Cart::of(items).total.map(|total| (total.minor, total.currency));
        assert_eq!(total(vec![]), None);
        assert_eq!(total(vec![item(2, Some((150, "EUR"))), item(1, Some((1, "EUR")))]), Some((301, "EUR".into())));
        assert_eq!(total(vec![item(1, Some((1, "EUR"))), item(1, Some((1, "CHF")))]), None);
        assert_eq!(total(vec![item(1, Some((1, "EUR"))), item(1, None), item(1, Some((1, "EUR")))]), None);
        assert_eq!(total(vec![item(2, Some((i64::MAX, "EUR")))]), None);
    }

    #[test]
    fn words_of_the_database_are_those_of_json() {
        for word in ["pending", "paid", "failed", "cancelling", "cancelled"] {
            let state = OrderState::from_word(word).expect("a state");
            assert_eq!(serde_json::to_value(state).expect("JSON"), word);
        }
    }
}
