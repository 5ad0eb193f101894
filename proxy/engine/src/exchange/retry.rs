//! When a failed attempt is followed by another one: the rule of one exchange, and the pause before.
//!
//! What became known to whom is in `exchange.rs`, which asks here; whether the upstream puts up with it is in
//! `upstream/retry_budget.rs`. Nothing here counts.

use super::AttemptFailure;
use crate::config::{Retries, RetryOn};
use crate::http1::Method;

/// What a route and a method allow for one exchange. The default allows no retry but that of a stale connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetryRule {
    max: u32,
    on: RetryOn,
    keyed: bool,
    hedge: Option<u64>,
}

impl RetryRule {
    /// The rule for a request on a route with these retries. `has_key`: it carries an `Idempotency-Key`.
    #[must_use]
    pub fn new(retries: Option<&Retries>, has_key: bool) -> Self {
        retries.map_or_else(Self::default, |retries| Self {
            max: retries.max,
            on: retries.on,
            keyed: has_key && retries.post_with_idempotency_key,
            hedge: None,
        })
    }

    /// The same with a second attempt beside the first when that has no answer after so many nanoseconds.
    #[must_use]
    pub fn hedged(self, after: u64) -> Self {
        Self { hedge: Some(after), ..self }
    }

    /// Whether a request may be sent more than once, stale connections aside.
    #[must_use]
    pub fn wants_more(&self) -> bool {
        self.max > 0 || self.hedge.is_some()
    }

    /// Nanoseconds after which there is a second attempt beside the first; `None`: never.
    #[must_use]
    pub(super) fn hedge(&self) -> Option<u64> {
        self.hedge
    }

    /// The most attempts after the first one, stale connections aside.
    #[must_use]
    pub fn max(&self) -> u32 {
        self.max
    }

    /// Whether the upstream may act twice on a request of this method (RFC 9110 section 9.2.2).
    #[must_use]
    pub fn may_repeat(&self, method: Method) -> bool {
        method.is_idempotent() || self.keyed
    }

    pub(super) fn covers(&self, trouble: Trouble) -> bool {
        match trouble {
            Trouble::Failure(failure) => self.on.has(failure),
            Trouble::Status(status) => self.on.has_status(status),
        }
    }
}

/// What is wrong with an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    Failure(AttemptFailure),
    Status(u16),
}

/// Nanoseconds to pause before the `number`th retry (from 1): anything up to a bound that doubles each time, so that
/// those who failed together do not come back together. Always less than `left`, the time that the exchange has; 0 when
/// it has none. `random` is uniform over all 64 bits.
#[must_use]
pub fn backoff(base: u64, number: u32, left: u64, random: u64) -> u64 {
    let bound = base.saturating_mul(1 << number.saturating_sub(1).min(16)).min(left);
    ((u128::from(random) * u128::from(bound)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_pause_doubles_is_spread_and_ends_before_the_deadline() {
        assert_eq!(backoff(100, 1, 1_000_000, u64::MAX), 99);
        assert_eq!(backoff(100, 4, 1_000_000, u64::MAX), 799);
        assert_eq!(backoff(100, 4, 1_000_000, 0), 0);
        assert_eq!(backoff(100, 4, 300, u64::MAX), 299, "less than what is left");
        assert_eq!(backoff(u64::MAX, u32::MAX, 0, u64::MAX), 0);
    }

    #[test]
    fn a_key_counts_only_where_the_route_says_so() {
        let on = RetryOn::CONNECT;
        let retries =
            |allowed| Retries { max: 1, on, backoff: Duration::from_millis(1), post_with_idempotency_key: allowed };
        assert!(RetryRule::new(Some(&retries(true)), true).may_repeat(Method::Post));
        assert!(!RetryRule::new(Some(&retries(true)), false).may_repeat(Method::Post));
        assert!(!RetryRule::new(Some(&retries(false)), true).may_repeat(Method::Post));
        assert!(!RetryRule::new(None, true).may_repeat(Method::Patch));
    }
}
