//! Stock that is promised to orders: the states of a reservation, and what each step does to the shelf.
//!
//! The rules are here, as pure functions; `inventory/store.rs` applies them under locks, and the database checks the
//! result once more. Where to read on: `inventory/reservation.rs` for what clients ask for and see,
//! `inventory/expiry.rs` for what happens when nobody comes back.

pub(crate) mod answer;
pub(crate) mod expiry;
pub(crate) mod reservation;
pub(crate) mod store;
pub(crate) mod ticket;

use serde::Serialize;
use utoipa::ToSchema;

/// Where a reservation stands.
///
/// ```text
///   reserve            commit, in time
///  ────────▶ held ─────────────────────▶ committed   sold
///             │ └───────release────────▶ released    back on the shelf
///             └────its time is over────▶ expired     back on the shelf
/// ```
///
/// Nothing leads out of the three on the right. Repeating what led there changes nothing and has the same answer;
/// releasing what has expired is fine too, as it asks for no more than what is so. Everything else is refused. A
/// reservation whose time is over is expired from that moment on, whether or not anybody has written that down yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReservationState)]
pub(crate) enum State {
    /// The stock is set aside.
    Held,
    /// It is sold.
    Committed,
    /// It was given back.
    Released,
    /// It went back by itself.
    Expired,
}

/// What a client can do with a reservation that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Sell what is held.
    Commit,
    /// Give back what is held.
    Release,
}

/// What happens to the shelf for each piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shift {
    pub(crate) available: i32,
    pub(crate) reserved: i32,
    pub(crate) sold: i32,
}

/// From the shelf into a reservation.
pub(crate) const RESERVE: Shift = Shift { available: -1, reserved: 1, sold: 0 };
/// From a reservation to the customer.
pub(crate) const SELL: Shift = Shift { available: 0, reserved: -1, sold: 1 };
/// From a reservation back on the shelf.
pub(crate) const RETURN: Shift = Shift { available: 1, reserved: -1, sold: 0 };

/// What becomes of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    /// Where the reservation stands afterwards.
    pub(crate) state: State,
    /// What happens to the shelf, if anything does.
    pub(crate) shift: Option<Shift>,
    /// Whether the client has what it asked for.
    pub(crate) granted: bool,
}

impl State {
    /// Where a reservation really stands. `over` says whether its time is over.
    pub(crate) fn at(self, over: bool) -> Self {
        if self == Self::Held && over { Self::Expired } else { self }
    }

    /// What becomes of `step`.
    pub(crate) fn decide(self, step: Step, over: bool) -> Decision {
        let state = self.at(over);
        let (after, granted) = match (state, step) {
            (Self::Held | Self::Committed, Step::Commit) => (Self::Committed, true),
            (Self::Held | Self::Released, Step::Release) => (Self::Released, true),
            (Self::Expired, Step::Release) => (Self::Expired, true),
            (Self::Released | Self::Expired, Step::Commit) | (Self::Committed, Step::Release) => (state, false),
        };
        let shift = (self == Self::Held).then_some(match after {
            Self::Committed => SELL,
            Self::Held | Self::Released | Self::Expired => RETURN,
        });
        Decision { state: after, shift, granted }
    }

    /// The word for it in the database and in JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Committed => "committed",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }

    /// The state that `word` stands for.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Held, Self::Committed, Self::Released, Self::Expired].into_iter().find(|state| state.word() == word)
    }
}

#[cfg(test)]
mod tests;
