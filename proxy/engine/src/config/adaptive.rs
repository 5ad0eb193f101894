//! Checked rules of adaptive concurrency: how much an upstream gets at once, found out from how long it takes.

use std::time::Duration;

/// The `[upstreams.NAME.adaptive]` table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adaptive {
    /// The limit never falls below this; at least 1.
    pub min: usize,
    /// It never rises above this; at least `min`.
    pub max: usize,
    /// For how long latencies are gathered at least before the limit is set anew.
    pub window: Duration,
    /// How much longer than its baseline an answer may take.
    pub tolerance: Tolerance,
    /// How old the baseline may be before it is measured again, if the limit holds traffic back.
    pub remeasure: Duration,
}

/// How many times the baseline is tolerated, in thousandths, so that settings can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerance(u32);

impl Tolerance {
    /// The least that makes sense: below it, noise alone would lower the limit.
    pub const LEAST: f64 = 1.1;
    /// The most that makes sense.
    pub const MOST: f64 = 10.0;

    /// The tolerance nearest to `times`; `None` when that is not from 1.1 to 10.
    #[must_use]
    pub fn new(times: f64) -> Option<Self> {
        (Self::LEAST..=Self::MOST).contains(&times).then(|| Self((times * 1_000.0).round() as u32))
    }

    /// As a factor.
    #[must_use]
    pub fn times(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tolerance_is_a_factor_within_its_range() {
        for good in [1.1, 1.5, 2.125, 10.0] {
            assert_eq!(Tolerance::new(good).map(Tolerance::times), Some(good));
        }
        for bad in [1.0, 1.09, 10.1, -2.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Tolerance::new(bad), None, "{bad}");
        }
    }
}
