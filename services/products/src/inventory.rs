//! Stock that is promised to orders: the states of a reservation, and what each step does to the shelf.
//!
//! The rules are here, as pure functions; `inventory/store.rs` applies them under locks, and the database checks the
//! result once more. Where to read on: `inventory/reservation.rs` for what clients ask for and see,
//! `inventory/expiry.rs` for what happens when nobody comes back.

pub(crate) mod answer;
pub(crate) mod expiry;
pub(crate) mod reservation;
pub(crate) mod store;

use serde::Serialize;
use utoipa::ToSchema;

/// Where a reservation stands.
///
/// ```text
///   reserve            commit, in time                 return
///  ────────▶ held ─────────────────────▶ committed ─────────────▶ returned
///             │                            sold                     back on the shelf
///             │ └───────release────────▶ released
///             └────its time is over────▶ expired
///                                          back on the shelf
/// ```
///
/// Nothing else leads out of any of them. Repeating what led there changes nothing and has the same answer; releasing what
/// has expired is fine too, as it asks for no more than what is so. Everything else is refused, also what was once
/// granted and is not so any more: committing what was returned meanwhile. A reservation whose time is over is expired from
/// that moment on, whether or not anybody has written that down yet.
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
    /// It was sold and came back.
    Returned,
}

/// What a client can do with a reservation that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Sell what is held.
    Commit,
    /// Give back what is held.
    Release,
    /// Take back what was sold.
    Return,
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
pub(crate) const PUT_BACK: Shift = Shift { available: 1, reserved: -1, sold: 0 };
/// From the customer back on the shelf.
pub(crate) const TAKE_BACK: Shift = Shift { available: 1, reserved: 0, sold: -1 };

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
            (Self::Committed | Self::Returned, Step::Return) => (Self::Returned, true),
            (Self::Released | Self::Expired | Self::Returned, Step::Commit)
            | (Self::Committed | Self::Returned, Step::Release)
            | (Self::Held | Self::Released | Self::Expired, Step::Return) => (state, false),
        };
        // From what was written down, which may be that it is held though its time is over.
        Decision { state: after, shift: self.shift_to(after), granted }
    }

    /// What happens to the shelf when a reservation that stood here stands there.
    fn shift_to(self, after: Self) -> Option<Shift> {
        match (self, after) {
            (Self::Held, Self::Committed) => Some(SELL),
            (Self::Held, Self::Released | Self::Expired) => Some(PUT_BACK),
            (Self::Committed, Self::Returned) => Some(TAKE_BACK),
            _ => None,
        }
    }

    /// The word for it in the database and in JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Committed => "committed",
            Self::Released => "released",
            Self::Expired => "expired",
            Self::Returned => "returned",
        }
    }

    /// The state that `word` stands for.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Held, Self::Committed, Self::Released, Self::Expired, Self::Returned];
        all.into_iter().find(|state| state.word() == word)
    }
}

#[cfg(test)]
mod tests;
