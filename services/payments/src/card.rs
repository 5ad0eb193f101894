//! Test cards: numbers that decide what becomes of an authorisation.
//!
//! | Number | What happens |
//! |---|---|
//! | 4242 4242 4242 4242 | approved |
//! | 4000 0000 0000 0002 | declined |
//! | 4000 0000 0000 9995 | declined: insufficient funds |
//! | 4000 0000 0000 0069 | declined: the card has expired |
//! | 4000 0000 0000 3006 | approved after three seconds |
//! | 4000 0000 0000 5001 | the provider fails with 502, and nothing is authorised |
//!
//! Every other number is refused, so that nobody's real card ever gets in here. Keeps nothing and does nothing.

use std::time::Duration;

use crate::model::Decline;

/// What becomes of an authorisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The money is held.
    Approve,
    /// It is not.
    Decline(Decline),
    /// The provider fails before it knows.
    Fail,
}

/// A test card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Card {
    number: &'static str,
    pub(crate) decision: Decision,
    /// How long the decision takes.
    pub(crate) takes: Duration,
}

const fn card(number: &'static str, decision: Decision) -> Card {
    Card { number, decision, takes: Duration::ZERO }
}

/// All there are.
const CARDS: [Card; 6] = [
    card("4242424242424242", Decision::Approve),
    card("4000000000000002", Decision::Decline(Decline::Declined)),
    card("4000000000009995", Decision::Decline(Decline::InsufficientFunds)),
    card("4000000000000069", Decision::Decline(Decline::Expired)),
    Card { takes: Duration::from_secs(3), ..card("4000000000003006", Decision::Approve) },
    card("4000000000005001", Decision::Fail),
];

impl Card {
    /// The test card with this number. Spaces do not count.
    pub(crate) fn find(number: &str) -> Option<Self> {
        let digits: String = number.chars().filter(|character| *character != ' ').collect();
        CARDS.into_iter().find(|card| card.number == digits)
    }

    /// The numbers of all, as they are described to clients.
    pub(crate) fn numbers() -> [&'static str; CARDS.len()] {
        CARDS.map(|card| card.number)
    }

    /// All digits, without spaces.
    pub(crate) fn number(self) -> &'static str {
        self.number
    }

    /// The only digits that are kept.
    pub(crate) fn last4(self) -> &'static str {
        &self.number[12..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_one_that_a_card_could_have() {
        for card in CARDS {
            let digits = card.number.bytes().rev().map(|digit| u32::from(digit - b'0')).enumerate();
            let sum: u32 =
                digits.map(|(place, digit)| if place % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }).sum();
            assert_eq!((sum % 10, card.number.len()), (0, 16), "{}", card.number);
        }
    }

    #[test]
    fn only_test_cards_are_known() {
        assert_eq!(Card::find("4242 4242 4242 4242").map(Card::last4), Some("4242"));
        for unknown in ["", "4111111111111111", "4242424242424242x", "42424242"] {
            assert_eq!(Card::find(unknown), None, "{unknown}");
        }
    }
}
