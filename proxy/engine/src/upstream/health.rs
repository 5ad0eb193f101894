//! What probes say about an endpoint, and when too few endpoints are left to go by it.
//!
//! Only the counting; the sidecar's `probes.rs` probes, the worker's `health.rs` acts on the result.

use crate::config::Ratio;

/// Whether an endpoint is healthy, by its last probes. One that was never probed is.
///
/// ```text
///   healthy ──unhealthy_after failed in a row──► unhealthy
///      ▲                                             │
///      └──────────healthy_after passed in a row──────┘
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    healthy: bool,
    /// Probes in a row that spoke against it.
    contrary: u32,
}

impl Default for HealthCheck {
    fn default() -> Self {
        Self { healthy: true, contrary: 0 }
    }
}

impl HealthCheck {
    /// Whether it is healthy now.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.healthy
    }

    /// A probe ended. Returns whether that changed what the endpoint is.
    pub fn probed(&mut self, passed: bool, unhealthy_after: u32, healthy_after: u32) -> bool {
        if passed == self.healthy {
            self.contrary = 0;
            return false;
        }
        self.contrary += 1;
        if self.contrary < if self.healthy { unhealthy_after } else { healthy_after } {
            return false;
        }
        *self = Self { healthy: passed, contrary: 0 };
        true
    }
}

/// Whether so few of `total` endpoints are usable that all must be used, well or not: fewer than `threshold` of them. The
/// few that are left would not carry the load, and when nearly all seem bad, the fault may be ours. `None` is never.
#[must_use]
pub fn panics(usable: usize, total: usize, threshold: Option<Ratio>) -> bool {
    let reached = |threshold: Ratio| threshold.is_reached(usable as u64, total as u64);
    total > 0 && threshold.is_some_and(|threshold| !reached(threshold))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_results_in_a_row_change_it() {
        let mut check = HealthCheck::default();
        let results = [false, true, false, false, true, false, true, true, true, false];
        let states = results.map(|passed| {
            check.probed(passed, 2, 3);
            check.is_healthy()
        });
        assert_eq!(states, [true, true, true, false, false, false, false, false, true, true]);
    }

    #[test]
    fn fewer_than_the_threshold_is_panic() {
        let half = Ratio::new(0.5);
        assert!(!panics(1, 2, half) && !panics(2, 3, half) && !panics(2, 4, half));
        assert!(panics(0, 1, half) && panics(1, 3, half) && panics(0, 3, half));
        assert!(!panics(0, 3, None), "never, if so configured");
        assert!(!panics(0, 0, half), "there is nobody to use");
        assert!(!panics(3, 3, Ratio::new(1.0)) && panics(2, 3, Ratio::new(1.0)));
    }
}
