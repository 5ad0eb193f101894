//! Whether an endpoint is fit for use, and which part of its share it gets: what probes say, its ejection and its gentle
//! return, taken together.
//!
//! One per endpoint and worker; it outlives configurations. It is brought up to date once a tick, so that a choice only
//! reads it. It never decides what happens when too few are fit: that is [`panics`](super::health::panics). `health.rs`,
//! `outlier.rs` and `slow_start.rs` have the rules of each part; the shell's `worker/health.rs` keeps one per endpoint.

use super::outlier::{Outlier, has_room};
use super::{Draw, slow_start};
use crate::config::{Balance, Ejection, Upstream};

/// What a worker knows about the fitness of one endpoint. Times are nanoseconds on a clock that never goes back.
#[derive(Clone, Copy, Debug)]
pub struct Fitness {
    /// What probes said at the last tick.
    healthy: bool,
    outlier: Outlier,
    /// The part of its usual share that it gets, and since when it is on its way to all of it.
    part: f64,
    returned: Option<u64>,
    /// The hash of its address.
    identity: u64,
}

impl Fitness {
    /// Of an endpoint that was there from the start, or was `added` to others at that time. `identity` is that of its
    /// [`Member`](super::Member).
    #[must_use]
    pub fn new(healthy: bool, identity: u64, added: Option<u64>) -> Self {
        Self { healthy, outlier: Outlier::default(), part: 1.0, returned: added, identity }
    }

    /// Whether anything about the endpoints of this upstream changes with time.
    #[must_use]
    pub fn is_watched(settings: &Upstream) -> bool {
        settings.health.is_some() || settings.ejection.is_some() || settings.slow_start.is_some()
    }

    /// Neither unhealthy nor ejected.
    #[inline]
    #[must_use]
    pub fn is_fit(&self) -> bool {
        self.healthy && !self.is_ejected()
    }

    /// Whether it is ejected.
    #[inline]
    #[must_use]
    pub fn is_ejected(&self) -> bool {
        self.outlier.is_ejected()
    }

    /// Takes up what has changed since the last tick: what probes say (`healthy`), an ejection that is over, a share that
    /// grows. To be called for all endpoints of an upstream at the same time.
    pub fn refresh(&mut self, settings: &Upstream, healthy: bool, now: u64) {
        let was_fit = self.is_fit();
        self.healthy = settings.health.is_none() || healthy;
        if settings.ejection.is_none() {
            self.outlier = Outlier::default();
        }
        self.outlier.tick(now);
        if !was_fit && self.is_fit() {
            self.returned = Some(now);
        }
        let ramp = settings.slow_start.map_or(0, |ramp| u64::try_from(ramp.as_nanos()).unwrap_or(u64::MAX));
        self.part = self.returned.map_or(1.0, |at| slow_start::part(now.saturating_sub(at), ramp));
        if self.part >= 1.0 {
            self.returned = None;
        }
    }

    /// Whether it takes part in this choice: always, unless its share is still growing.
    #[inline]
    #[must_use]
    pub fn takes_part(&self, balance: Balance, draw: Draw) -> bool {
        // By the key if there is one, so that keys move to the endpoint one by one and then stay.
        let chance = if balance == Balance::ConsistentHash { draw.hash } else { draw.random };
        self.part >= 1.0 || slow_start::takes_part(self.part, chance, self.identity)
    }

    /// An attempt ended well or not, while `ejected` of the upstream's `total` endpoints were out. Whether this one is
    /// ejected by it; then all of them are to be refreshed.
    pub fn attempted(&mut self, failed: bool, rules: &Ejection, ejected: usize, total: usize, now: u64) -> bool {
        self.outlier.attempted(failed, now, rules, has_room(ejected, total, rules.max_ejected))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::{HashKey, Health, Probe, Queue, Ratio, RetryBudget};

    const SECOND: u64 = 1_000_000_000;

    fn settings() -> Upstream {
        let second = Duration::from_secs(1);
        let health =
            Health { probe: Probe::Tcp, interval: second, timeout: second, unhealthy_after: 1, healthy_after: 1 };
        Upstream {
            name: "a".into(),
            endpoints: Vec::new(),
            balance: Balance::Random,
            hash_key: HashKey::ClientIp,
            connect_timeout: second,
            attempt_timeout: second,
            idle_per_worker: 1,
            idle_timeout: second,
            max_in_flight: 1,
            adaptive: None,
            breaker: None,
            queue: Queue::default(),
            retry_budget: RetryBudget { per_thousand: 0, min_per_second: 0 },
            health: Some(health),
            ejection: Some(Ejection {
                consecutive_failures: 1,
                eject_for: second,
                max_ejected: Ratio::new(0.5).expect("a share"),
            }),
            panic_threshold: None,
            slow_start: Some(10 * second),
        }
    }

    #[test]
    fn whoever_becomes_fit_again_returns_gently() {
        let (settings, mut fitness) = (settings(), Fitness::new(true, 7, None));
        fitness.refresh(&settings, true, 0);
        assert_eq!((fitness.is_fit(), fitness.part), (true, 1.0), "it was there from the start");
        fitness.refresh(&settings, false, SECOND);
        assert!(!fitness.is_fit());
        fitness.refresh(&settings, true, 2 * SECOND);
        assert_eq!((fitness.is_fit(), fitness.part), (true, 0.1));
        fitness.refresh(&settings, true, 7 * SECOND);
        assert_eq!(fitness.part, 0.55);
        fitness.refresh(&settings, true, 12 * SECOND);
        assert_eq!((fitness.part, fitness.returned), (1.0, None));
        let mut added = Fitness::new(true, 7, Some(0));
        added.refresh(&settings, true, 5 * SECOND);
        assert_eq!(added.part, 0.55);
    }

    #[test]
    fn an_ejection_ends_with_its_time_or_with_its_setting() {
        let mut settings = settings();
        let rules = settings.ejection.clone().expect("it is set");
        let mut fitness = Fitness::new(true, 7, None);
        assert!(!fitness.attempted(true, &rules, 1, 2, 0), "half of them are out already");
        assert!(fitness.attempted(true, &rules, 0, 2, 0));
        fitness.refresh(&settings, true, SECOND - 1);
        assert!(!fitness.is_fit());
        fitness.refresh(&settings, true, SECOND);
        assert!(fitness.is_fit());
        assert!(fitness.attempted(true, &rules, 0, 2, SECOND));
        settings.ejection = None;
        fitness.refresh(&settings, true, SECOND);
        assert!(fitness.is_fit(), "nobody ejects any more");
    }

    #[test]
    fn probes_count_only_where_they_are_set() {
        let mut settings = settings();
        settings.health = None;
        let mut fitness = Fitness::new(false, 7, None);
        fitness.refresh(&settings, false, 0);
        assert!(fitness.is_fit());
        assert!(Fitness::is_watched(&settings));
        (settings.ejection, settings.slow_start) = (None, None);
        assert!(!Fitness::is_watched(&settings));
    }
}
