//! The better of two random endpoints (Mitzenmacher 2001), by in-flight requests over weight.
//!
//! The two are drawn by weight and are different. When both are equally loaded the first draw stands, so that shares
//! follow the weights while nothing is busy; under load the comparison does the balancing. Comparing only two keeps
//! workers, who do not see each other's newest requests, from all running to the same endpoint. No state changes.

use super::Member;
use super::weights::Weights;

/// The weights.
#[derive(Debug)]
pub struct LeastRequest(Weights);

impl LeastRequest {
    pub(super) fn new(members: &[Member]) -> Self {
        Self(Weights::new(members))
    }

    /// The less loaded of two draws; the other one if only that is usable; else a draw among all that are usable.
    pub(super) fn pick(
        &self,
        in_flight: impl Fn(usize) -> u64,
        random: u64,
        usable: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        self.0.better_of_two(random, usable, |one, other| self.busier(one, other, &in_flight))
    }

    /// Whether `one` has more in flight for its weight than `other`; cross-multiplied, since a division would round.
    fn busier(&self, one: usize, other: usize, in_flight: impl Fn(usize) -> u64) -> bool {
        let load = |loaded: usize, against: usize| u128::from(in_flight(loaded)) * u128::from(self.0.weight(against));
        load(one, other) > load(other, one)
    }
}

#[cfg(test)]
mod tests {
    use super::super::scramble;
    use super::*;

    fn policy(weights: &[u32]) -> LeastRequest {
        let members: Vec<_> = weights.iter().map(|weight| Member { weight: *weight, identity: 0 }).collect();
        LeastRequest::new(&members)
    }

    #[test]
    fn of_two_endpoints_the_less_loaded_is_always_chosen() {
        let policy = policy(&[1, 3]);
        // 2 over 1 is busier than 5 over 3; 1 over 1 is less busy.
        for random in (0..1000_u64).map(scramble) {
            assert_eq!(policy.pick(|at| [2, 5][at], random, |_| true), Some(1));
            assert_eq!(policy.pick(|at| [1, 5][at], random, |_| true), Some(0));
        }
    }

    #[test]
    fn without_a_usable_endpoint_there_is_no_choice() {
        assert_eq!(policy(&[1, 1]).pick(|_| 0, 1, |_| false), None);
        assert_eq!(policy(&[1]).pick(|_| 0, 1, |_| false), None);
        assert_eq!(policy(&[]).pick(|_| 0, 1, |_| true), None);
    }
}
