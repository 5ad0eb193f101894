//! A share of a whole, as exact as a configuration needs it.

/// A share above 0 and up to 1, in millionths, so that settings can be compared and nothing rounds twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(u32);

impl Ratio {
    const WHOLE: u32 = 1_000_000;

    /// The ratio nearest to `share`; `None` when that is not above 0 and at most 1.
    #[must_use]
    pub fn new(share: f64) -> Option<Self> {
        let millionths = (share * f64::from(Self::WHOLE)).round();
        // Compared as numbers first, so that what is not a number is refused as well.
        (millionths >= 1.0 && millionths <= f64::from(Self::WHOLE)).then_some(Self(millionths as u32))
    }

    /// The share as a number from 0 to 1.
    #[must_use]
    pub fn share(self) -> f64 {
        f64::from(self.0) / f64::from(Self::WHOLE)
    }

    /// Whether `part` is at least this share of `whole`. Nothing is no share of anything.
    #[must_use]
    pub fn is_reached(self, part: u64, whole: u64) -> bool {
        part > 0 && u128::from(part) * u128::from(Self::WHOLE) >= u128::from(whole) * u128::from(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shares_above_nothing_and_up_to_all_are_ratios() {
        for good in [0.000_001, 0.2, 0.5, 1.0] {
            assert_eq!(Ratio::new(good).map(Ratio::share), Some(good));
        }
        for bad in [0.0, -0.5, 1.1, 0.000_000_1, f64::NAN, f64::INFINITY] {
            assert_eq!(Ratio::new(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_ratio_is_reached_exactly() {
        let half = Ratio::new(0.5).unwrap();
        assert!(half.is_reached(10, 20) && !half.is_reached(10, 21) && !half.is_reached(0, 0));
        assert!(Ratio::new(1.0).unwrap().is_reached(u64::MAX, u64::MAX));
    }
}
