//! The better of two random endpoints by cost: how long the endpoint took lately, times what it has in flight.
//!
//! The estimate of an endpoint jumps to every latency above it and sinks slowly towards those below (a moving average that
//! is sensitive to peaks), so that trouble shows at once and trust comes back by itself. It also sinks while nothing is
//! heard: what is old says little, and an endpoint that was avoided gets its next chance. A failure counts as a long
//! latency however quickly it came, for otherwise an endpoint that refuses everything would look like the fastest of all.
//!
//! The cost is the estimate times `(in flight + weight) / weight`. Draws are by weight already; with in-flight requests
//! alone over the weight, a heavy endpoint would win every comparison while nothing is busy. Costs that differ by less
//! than a quarter count as equal and the first draw stands, so that noise does not overrule the weights. One choice in a
//! hundred is a draw by weight alone: no endpoint is ever forgotten.

use super::weights::Weights;
use super::{Draw, Member, scramble};

/// Nanoseconds in which an old estimate loses all but 1/e of its say.
const DECAY: f64 = 10e9;
/// Estimates in nanoseconds are never below this: between endpoints that are this fast only load makes a difference.
const FLOOR: f64 = 100e3;
/// A failure counts as four times the slowest other endpoint, within these bounds in nanoseconds.
const FAILURE: (f64, f64) = (1e9, 10e9);
/// One choice in this many ignores the costs.
const EXPLORE: u64 = 100;
/// How much more expensive the first draw must be to give way to the second.
const CLEARLY: f64 = 1.25;

/// Weights and estimates.
#[derive(Debug)]
pub struct PeakEwma {
    weights: Weights,
    estimates: Box<[Estimate]>,
}

/// What is known about one endpoint's latency.
#[derive(Clone, Copy, Debug)]
struct Estimate {
    identity: u64,
    /// The average in nanoseconds, and when it was that; `None` before anything was heard.
    heard: Option<(f64, u64)>,
}

impl Estimate {
    fn at(&self, now: u64) -> f64 {
        self.heard.map_or(FLOOR, |(value, at)| (value * fade(at, now)).max(FLOOR))
    }

    fn hear(&mut self, latency: f64, now: u64) {
        let value = match self.heard {
            Some((value, at)) => {
                let old = fade(at, now);
                latency.max(value * old + latency * (1.0 - old))
            }
            None => latency,
        };
        self.heard = Some((value, now));
    }
}

/// The share that a value from `at` still has at `now`.
fn fade(at: u64, now: u64) -> f64 {
    (-(now.saturating_sub(at) as f64) / DECAY).exp()
}

impl PeakEwma {
    pub(super) fn new(members: &[Member]) -> Self {
        let unheard = |member: &Member| Estimate { identity: member.identity, heard: None };
        Self { weights: Weights::new(members), estimates: members.iter().map(unheard).collect() }
    }

    pub(super) fn pick(
        &self,
        in_flight: impl Fn(usize) -> u64,
        draw: Draw,
        usable: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let Draw { now, random, .. } = draw;
        let other = scramble(!random);
        if other.is_multiple_of(EXPLORE) {
            return self.weights.draw_usable(random, usable);
        }
        self.weights.better_of_two(random, usable, |first, second| {
            self.cost(first, &in_flight, now) > CLEARLY * self.cost(second, &in_flight, now)
        })
    }

    fn cost(&self, position: usize, in_flight: impl Fn(usize) -> u64, now: u64) -> f64 {
        let weight = self.weights.weight(position) as f64;
        self.estimates[position].at(now) * (in_flight(position) as f64 + weight) / weight
    }

    /// Positions that there are not are ignored.
    pub(super) fn observe(&mut self, position: usize, latency: u64, failed: bool, now: u64) {
        let latency = if failed { (latency as f64).max(self.failure(position, now)) } else { latency as f64 };
        if let Some(estimate) = self.estimates.get_mut(position) {
            estimate.hear(latency, now);
        }
    }

    /// The latency that a failure counts as.
    fn failure(&self, position: usize, now: u64) -> f64 {
        let others = self.estimates.iter().enumerate().filter(|(other, _)| *other != position);
        let slowest = others.map(|(_, estimate)| estimate.at(now)).fold(0.0, f64::max);
        (4.0 * slowest).clamp(FAILURE.0, FAILURE.1)
    }

    pub(super) fn adopt(&mut self, former: &PeakEwma, now: u64) {
        let known = |identity| former.estimates.iter().find(|known| known.identity == identity)?.heard;
        let heard: Vec<_> = self.estimates.iter().map(|estimate| known(estimate.identity)).collect();
        let values = || heard.iter().flatten().map(|(value, at)| value * fade(*at, now));
        let mean = values().sum::<f64>() / values().count() as f64;
        for (estimate, heard) in self.estimates.iter_mut().zip(&heard) {
            estimate.heard = heard.or(mean.is_finite().then_some((mean, now)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: u64 = 1_000_000;
    const SECOND: u64 = 1000 * MILLISECOND;

    fn policy(names: &[&str]) -> PeakEwma {
        PeakEwma::new(&names.iter().map(|name| Member::of(name, 1)).collect::<Vec<_>>())
    }

    #[test]
    fn a_peak_shows_at_once_and_fades() {
        let mut policy = policy(&["a"]);
        policy.observe(0, 10 * MILLISECOND, false, 0);
        policy.observe(0, 500 * MILLISECOND, false, 1);
        assert_eq!(policy.estimates[0].at(1), 500e6);
        policy.observe(0, 10 * MILLISECOND, false, SECOND);
        let after = policy.estimates[0].at(SECOND);
        assert!((400e6..480e6).contains(&after), "one good answer does not settle it: {after}");
        assert_eq!(policy.estimates[0].at(1000 * SECOND), FLOOR, "what is old says nothing");
    }

    #[test]
    fn a_quick_failure_costs_more_than_a_slow_answer() {
        let mut policy = policy(&["a", "b"]);
        policy.observe(0, 900 * MILLISECOND, false, 0);
        policy.observe(1, MILLISECOND, true, 0);
        assert!(policy.estimates[1].at(0) > policy.estimates[0].at(0));
        let picks = (0..1000).map(|at| policy.pick(|_| 0, Draw { random: scramble(at), ..Draw::default() }, |_| true));
        let failing = picks.filter(|picked| *picked == Some(1)).count();
        assert!((1..30).contains(&failing), "explored, no more: {failing}");
    }

    #[test]
    fn estimates_go_by_identity_and_newcomers_begin_in_the_middle() {
        let mut former = policy(&["a", "b"]);
        former.observe(0, 10 * MILLISECOND, false, 0);
        former.observe(1, 30 * MILLISECOND, false, 0);
        let mut policy = policy(&["new", "b", "a"]);
        policy.adopt(&former, 0);
        let estimates: Vec<_> = policy.estimates.iter().map(|estimate| estimate.at(0)).collect();
        assert_eq!(estimates, [20e6, 30e6, 10e6]);
    }
}
