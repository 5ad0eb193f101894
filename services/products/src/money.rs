//! Amounts of money, and the only arithmetic that is done with them.
//!
//! Whole numbers of the currency's smallest unit, so that no sum is ever rounded; sums that do not fit or mix currencies
//! are no sums.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amount in the currency's smallest unit, so that no sum is ever rounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Money {
    /// In the currency's smallest unit.
    #[schema(minimum = 0)]
    pub(crate) minor: i64,
    /// ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$", example = "EUR")]
    pub(crate) currency: String,
}

impl Money {
    /// This much for each of `quantity` pieces. `None` when it is more than can be written down.
    pub(crate) fn times(&self, quantity: i32) -> Option<Self> {
        let minor = self.minor.checked_mul(quantity.into())?;
        Some(Self { minor, currency: self.currency.clone() })
    }

    /// Both together. `None` when the currencies differ, or it is more than can be written down.
    pub(crate) fn plus(&self, other: &Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        let minor = self.minor.checked_add(other.minor)?;
        Some(Self { minor, currency: self.currency.clone() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn eur(minor: i64) -> Money {
        Money { minor, currency: "EUR".into() }
    }

    proptest! {
        #[test]
        fn sums_are_those_of_wider_numbers_or_none(prices in proptest::collection::vec((0..=i64::MAX, 1..=i32::MAX), 0..8)) {
            let exact: i128 = prices.iter().map(|(minor, count)| i128::from(*minor) * i128::from(*count)).sum();
            let sum = prices.iter().try_fold(eur(0), |sum, (minor, count)| sum.plus(&eur(*minor).times(*count)?));
            prop_assert_eq!(sum.map(|sum| sum.minor), i64::try_from(exact).ok());
        }

        #[test]
        fn small_sums_do_not_depend_on_the_order(mut prices in proptest::collection::vec((0..1_000_000_i64, 1..1000), 0..8)) {
            let total = |prices: &[(i64, i32)]| {
                prices.iter().try_fold(eur(0), |sum, (minor, count)| sum.plus(&eur(*minor).times(*count)?))
            };
            let before = total(&prices);
            prop_assert!(before.is_some());
            prices.reverse();
            prop_assert_eq!(total(&prices), before);
        }
    }

    #[test]
    fn currencies_do_not_mix() {
        assert_eq!(eur(1).plus(&Money { minor: 1, currency: "CHF".into() }), None);
    }
}
