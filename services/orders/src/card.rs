//! The number of a card: checked for misprints, never shown and never logged.
//!
//! In production there would be a token of a vault here, which is worth nothing to others; a number is what the mock of a
//! provider takes. It is kept for as long as it is needed to ask for the authorisation again, and removed with its answer.

use std::fmt;

/// The digits of a number, without spaces.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Card(String);

impl Card {
    /// Reads a number. Spaces do not count. `None` when it cannot be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|character| *character != ' ').collect();
        let long_enough = (12..=19).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        (long_enough && check_sum(&digits).is_multiple_of(10)).then_some(Self(digits))
    }

    /// A number that was checked when it came.
    pub(crate) fn kept(digits: String) -> Self {
        Self(digits)
    }

    /// For the request to payments, and for the database until that is answered.
    pub(crate) fn number(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Card(..)")
    }
}

/// The formula of Luhn (ISO/IEC 7812-1, annex B): every second digit from the right counts twice.
fn check_sum(digits: &str) -> u32 {
    let numbers = digits.bytes().rev().map(|byte| u32::from(byte - b'0'));
    numbers.enumerate().map(|(place, digit)| if place % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { digit }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misprints_are_noticed_and_nothing_is_shown() {
        for number in ["4242424242424242", "4242 4242 4242 4242", "4000000000003006", "4000000000005001"] {
            let card = Card::parse(number).expect(number);
            assert!(!format!("{card:?}").contains("42"), "{card:?}");
        }
        for wrong in ["", "4242424242424241", "2424242424242424", "4242", "4242-4242-4242-4242", "42424242424242424242"]
        {
            assert_eq!(Card::parse(wrong), None, "{wrong}");
        }
    }
}
