//! What a payment is, as clients see it, and what may be done with it.
//!
//! The rules of money are here, as pure functions; `store.rs` applies them under a lock, and the database checks the
//! result once more.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An amount in the currency's smallest unit, so that no sum is ever rounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Money {
    #[schema(minimum = 0, maximum = 1000000000000.0)]
    pub(crate) minor: i64,
    /// ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$", example = "EUR")]
    pub(crate) currency: String,
}

/// Where a payment stands.
///
/// ```text
///  ┌─▶ declined
///  ├─▶ authorised ──void──▶ voided
///        │ capture, in full or in parts
///        ▼
///      captured ──refund of a part──▶ captured
///        └──refund of all that was captured──▶ refunded
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// The money is held and not taken.
    Authorised,
    /// The card refused.
    Declined,
    /// Some of the money, or all of it, was taken; not all of that was given back.
    Captured,
    /// All that was taken was given back.
    Refunded,
    /// The hold was given up before anything was taken.
    Voided,
}

/// Why a card refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decline {
    /// No reason was given.
    Declined,
    /// There is not enough money.
    InsufficientFunds,
    /// The card is too old.
    Expired,
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Payment {
    pub(crate) id: Uuid,
    /// What it pays for, in the words of who asked for it.
    pub(crate) order: Option<String>,
    pub(crate) state: State,
    /// Why the card refused, if it did.
    pub(crate) decline: Option<Decline>,
    /// What was asked for; held unless the state says otherwise.
    pub(crate) amount: Money,
    /// What was taken, at most `amount`.
    pub(crate) captured: Money,
    /// What was given back of it, at most `captured`.
    pub(crate) refunded: Money,
    /// The last four digits of the card.
    #[schema(pattern = "^[0-9]{4}$")]
    pub(crate) card_last4: String,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// Something to do with a payment that exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// Take this much, or all that is left.
    Capture(Option<Money>),
    /// Give back this much, or all that is left.
    Refund(Option<Money>),
    /// Give up the hold.
    Void,
}

/// Why a change cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not in this state.
    State(State),
    /// More than is left, which is this.
    Amount(i64),
    /// The payment has another currency, which is this.
    Currency(String),
}

impl State {
    /// The word for it in the database and in JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Authorised => "authorised",
            Self::Declined => "declined",
            Self::Captured => "captured",
            Self::Refunded => "refunded",
            Self::Voided => "voided",
        }
    }

    /// The state that `word` stands for.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Authorised, Self::Declined, Self::Captured, Self::Refunded, Self::Voided];
        all.into_iter().find(|state| state.word() == word)
    }
}

impl Decline {
    /// The word for it in the database and in JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::InsufficientFunds => "insufficient_funds",
            Self::Expired => "expired",
        }
    }

    /// The reason that `word` stands for.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Declined, Self::InsufficientFunds, Self::Expired].into_iter().find(|decline| decline.word() == word)
    }
}

impl Payment {
    /// Makes a change. Returns the amount that moves; zero when the hold is given up.
    ///
    /// # Errors
    /// When it cannot be made. The payment is as it was then.
    pub(crate) fn apply(&mut self, change: &Change) -> Result<i64, Refusal> {
        match change {
            Change::Void if self.state == State::Authorised => {
                self.state = State::Voided;
                Ok(0)
            }
            Change::Capture(amount) if matches!(self.state, State::Authorised | State::Captured) => {
                let moves = self.moves(amount.as_ref(), self.amount.minor - self.captured.minor)?;
                self.captured.minor += moves;
                self.state = State::Captured;
                Ok(moves)
            }
            Change::Refund(amount) if self.state == State::Captured => {
                let moves = self.moves(amount.as_ref(), self.captured.minor - self.refunded.minor)?;
                self.refunded.minor += moves;
                if self.refunded.minor == self.captured.minor {
                    self.state = State::Refunded;
                }
                Ok(moves)
            }
            _ => Err(Refusal::State(self.state)),
        }
    }

    fn moves(&self, wanted: Option<&Money>, left: i64) -> Result<i64, Refusal> {
        let minor = match wanted {
            Some(money) if money.currency != self.amount.currency => {
                return Err(Refusal::Currency(self.amount.currency.clone()));
            }
            Some(money) => money.minor,
            None => left,
        };
        if (1..=left).contains(&minor) { Ok(minor) } else { Err(Refusal::Amount(left)) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn eur(minor: i64) -> Money {
        Money { minor, currency: "EUR".into() }
    }

    fn payment(amount: i64) -> Payment {
        let (created_at, updated_at) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        Payment {
            id: Uuid::nil(),
            order: None,
            state: State::Authorised,
            decline: None,
            amount: eur(amount),
            captured: eur(0),
            refunded: eur(0),
            card_last4: "4242".into(),
            created_at,
            updated_at,
        }
    }

    fn any_change() -> impl Strategy<Value = Change> {
        let amount = || proptest::option::of((-5..120_i64).prop_map(eur));
        prop_oneof![
            4 => amount().prop_map(Change::Capture),
            4 => amount().prop_map(Change::Refund),
            1 => Just(Change::Void),
        ]
    }

    proptest! {
        #[test]
        fn whatever_is_tried_money_is_kept(changes in proptest::collection::vec(any_change(), 0..30)) {
            let mut payment = payment(100);
            let (mut taken, mut given_back) = (0, 0);
            for change in changes {
                let before = payment.clone();
                match payment.apply(&change) {
                    Ok(moves) => match change {
                        Change::Capture(_) => taken += moves,
                        Change::Refund(_) => given_back += moves,
                        Change::Void => prop_assert_eq!((moves, taken), (0, 0)),
                    },
                    Err(_) => prop_assert_eq!(&payment, &before),
                }
                prop_assert_eq!((payment.captured.minor, payment.refunded.minor), (taken, given_back));
                prop_assert!(0 <= given_back && given_back <= taken && taken <= 100);
                let final_one = matches!(before.state, State::Voided | State::Refunded | State::Declined);
                prop_assert!(!final_one || payment == before, "what has ended stays as it is");
            }
        }
    }

    #[test]
    fn a_refusal_says_what_is_possible() {
        let mut payment = payment(100);
        assert_eq!(payment.apply(&Change::Refund(None)), Err(Refusal::State(State::Authorised)));
        assert_eq!(payment.apply(&Change::Capture(Some(eur(60)))), Ok(60));
        assert_eq!(payment.apply(&Change::Capture(Some(eur(41)))), Err(Refusal::Amount(40)));
        let francs = Money { minor: 1, currency: "CHF".into() };
        assert_eq!(payment.apply(&Change::Refund(Some(francs))), Err(Refusal::Currency("EUR".into())));
        assert_eq!(payment.apply(&Change::Void), Err(Refusal::State(State::Captured)));
    }

    #[test]
    fn words_of_the_database_are_those_of_json() {
        for word in ["authorised", "declined", "captured", "refunded", "voided"] {
            let state = State::from_word(word).expect("a state");
            assert_eq!(serde_json::to_value(state).expect("JSON"), word);
        }
        for word in ["declined", "insufficient_funds", "expired"] {
            let decline = Decline::from_word(word).expect("a reason");
            assert_eq!(serde_json::to_value(decline).expect("JSON"), word);
        }
    }
}
