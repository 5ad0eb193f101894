//! The database: what can be refused there, and what that means to a client. Everything that knows SQL is below.
//!
//! Where to read on: `store/cart.rs`, `store/checkout.rs` for how a cart becomes an order, `store/sagas.rs` for leases and
//! for steps with their answers, `store/orders.rs` for reading.

use std::fmt;

use axum::http::StatusCode;
use deadpool_postgres::Pool;
use supplex_kit::Problem;
use supplex_kit::idempotency::KeyReused;
use uuid::Uuid;

use crate::model::OrderState;

mod cancel;
mod cart;
mod checkout;
mod orders;
mod sagas;

pub(crate) use cart::{Line, MOST_ITEMS};
pub(crate) use checkout::{Placed, Ticket};
pub(crate) use orders::{Found, Scope};
pub(crate) use sagas::Record;

/// Why there is no answer.
pub(crate) type Failure = supplex_kit::database::Failure<Refusal>;

/// What the rules of carts and orders refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no such order, or it is somebody else's.
    NoOrder(Uuid),
    /// The key stands for other work.
    KeyReused,
    /// There is nothing to order.
    CartEmpty,
    /// It is not the cart that the client has seen.
    CartChanged,
    /// There are as many items as there may be.
    CartFull,
    /// The order is not in a state for it.
    State(OrderState),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOrder(id) => write!(f, "There is no order {id}."),
            Self::KeyReused => KeyReused.fmt(f),
            Self::CartEmpty => f.write_str("There is nothing in the cart."),
            Self::CartChanged => f.write_str("The cart is not the one that If-Match names any more. Look at it again."),
            Self::CartFull => write!(f, "A cart has at most {MOST_ITEMS} items."),
            Self::State(state) => write!(f, "The order is {}, which rules this out.", state.word()),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, reason) = match refusal {
            Refusal::NoOrder(_) => (StatusCode::NOT_FOUND, "resource.none"),
            Refusal::KeyReused => return KeyReused.into(),
            Refusal::CartEmpty => (StatusCode::CONFLICT, "cart.empty"),
            Refusal::CartChanged => (StatusCode::PRECONDITION_FAILED, "cart.changed"),
            Refusal::CartFull => (StatusCode::CONFLICT, "cart.full"),
            Refusal::State(_) => (StatusCode::CONFLICT, "order.state"),
        };
        Problem::new(status, reason, refusal.to_string())
    }
}

/// Carts, orders and sagas in their database.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pool: Pool,
}

impl Store {
    /// A store over `pool`.
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool }
    }
}
