//! The steps of a journey, and what is seen of each.

use std::time::Duration;

use hyper::HeaderMap;
use serde::Serialize;
use serde_json::Value;

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Make an account.
    Register,
    /// Prove who one is.
    Login,
    /// Come back with what one got at the last login.
    Refresh,
    /// Look who one is.
    Me,
    /// Search for words.
    Search,
    /// Filter by category and price.
    Filter,
    /// Look at a product.
    Product,
    /// Look again, with what is known of it.
    Unchanged,
    /// Put something into the cart, or change how much of it is there.
    Fill,
    /// Take something out of it.
    Remove,
    /// Look into it.
    Cart,
    /// Order what is in the cart, and pay.
    Checkout,
    /// The same request once more.
    Replay,
    /// Look at an order.
    Order,
    /// List one's orders.
    Orders,
    /// Give an order back.
    Cancel,
    /// Try without a token.
    Stranger,
    /// End the session.
    Logout,
}

impl Step {
    /// All, in the order of a journey.
    pub const ALL: [Self; 18] = [
        Self::Register,
        Self::Login,
        Self::Refresh,
        Self::Me,
        Self::Search,
        Self::Filter,
        Self::Product,
        Self::Unchanged,
        Self::Fill,
        Self::Remove,
        Self::Cart,
        Self::Checkout,
        Self::Replay,
        Self::Order,
        Self::Orders,
        Self::Cancel,
        Self::Stranger,
        Self::Logout,
    ];

    /// The word for it in tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Login => "login",
            Self::Refresh => "refresh",
            Self::Me => "me",
            Self::Search => "search",
            Self::Filter => "filter",
            Self::Product => "product",
            Self::Unchanged => "unchanged",
            Self::Fill => "fill",
            Self::Remove => "remove",
            Self::Cart => "cart",
            Self::Checkout => "checkout",
            Self::Replay => "replay",
            Self::Order => "order",
            Self::Orders => "orders",
            Self::Cancel => "cancel",
            Self::Stranger => "stranger",
            Self::Logout => "logout",
        }
    }
}

/// A whole response.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body as JSON; null when it is none.
    pub body: Value,
}

impl Reply {
    /// A header field as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A text of the body, by JSON pointer.
    #[must_use]
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.body.pointer(pointer)?.as_str()
    }

    /// The word by which the gateway or a service says why not.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.text("/reason").unwrap_or("-")
    }
}

/// One request, and what came of it.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// Which step it was.
    pub step: Step,
    /// Its method.
    pub method: &'static str,
    /// Its path, with the query.
    pub path: &'a str,
    /// From when it was sent until the whole answer was there.
    pub took: Duration,
    /// The answer, or in words why there was none.
    pub outcome: Result<&'a Reply, &'a str>,
    /// Whether the same request is sent again.
    pub again: bool,
}

/// Whoever looks on.
pub trait Witness {
    /// A request is over.
    fn saw(&mut self, exchange: &Exchange<'_>);
}

/// Why a journey cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// At which step.
    pub step: Step,
    /// The request.
    pub request: String,
    /// The status, or 0 when there was no answer.
    pub status: u16,
    /// The reason word of the answer, or what happened to the connection.
    pub reason: String,
    /// What was wrong, for people.
    pub what: String,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}): {}", self.step.word(), self.request, self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_a_word_of_its_own_and_json_uses_it() {
        let words: std::collections::HashSet<_> = Step::ALL.iter().map(|step| step.word()).collect();
        assert_eq!(words.len(), Step::ALL.len());
        for step in Step::ALL {
            assert_eq!(serde_json::to_value(step).expect("JSON"), step.word());
        }
    }
}
