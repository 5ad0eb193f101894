//! The orders in which products can be listed, and the key by which each of them pages.
//!
//! In every order the id decides between products with the same key, so that there is exactly one place after each.

use serde::Serialize;
use uuid::Uuid;

/// An order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Sort {
    /// From A to Z, byte by byte.
    Name,
    /// The cheapest first.
    Price,
    /// The dearest first.
    PriceDown,
    /// The newest first.
    Newest,
    /// What fits `q` best first.
    Relevance,
}

/// The key of a product in one of the orders.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    Name(String),
    Price(i64),
    PriceDown(i64),
    /// Microseconds since 1970: what Postgres keeps.
    Newest(i64),
    /// The rank that Postgres gives, to the bit.
    Relevance(f32),
}

/// The place after the product with this key and id.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    pub(super) key: Key,
    pub(super) id: Uuid,
}

impl Sort {
    pub(super) const ALL: [Self; 5] = [Self::Name, Self::Price, Self::PriceDown, Self::Newest, Self::Relevance];

    /// The word in `sort`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Price => "price",
            Self::PriceDown => "-price",
            Self::Newest => "newest",
            Self::Relevance => "relevance",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.word() == word)
    }

    /// Whether the greatest key comes first. Ids then go down too, so that one comparison of rows finds the place.
    pub(super) fn goes_down(self) -> bool {
        matches!(self, Self::PriceDown | Self::Newest | Self::Relevance)
    }
}

impl Key {
    pub(super) fn sort(&self) -> Sort {
        match self {
            Self::Name(_) => Sort::Name,
            Self::Price(_) => Sort::Price,
            Self::PriceDown(_) => Sort::PriceDown,
            Self::Newest(_) => Sort::Newest,
            Self::Relevance(_) => Sort::Relevance,
        }
    }
}
