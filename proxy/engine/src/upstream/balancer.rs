//! Choosing an endpoint of an upstream.
//!
//! One balancer per upstream and worker. It knows endpoints by their position and weight only; load and randomness are
//! arguments, so that a choice can be replayed. It never decides whether an endpoint may be used: that is `usable`.
//! `balancer/` has a file per policy.

mod least_request;
mod round_robin;

use crate::config::Balance;
use least_request::LeastRequest;
use round_robin::RoundRobin;

/// The state of the policy that an upstream is configured with.
#[derive(Debug)]
pub enum Balancer {
    /// In turn, by weight.
    RoundRobin(RoundRobin),
    /// The better of two random ones by in-flight requests over weight.
    LeastRequest(LeastRequest),
}

impl Balancer {
    /// A balancer over as many endpoints as there are weights. A weight of 0 counts as 1.
    #[must_use]
    pub fn new(balance: Balance, weights: &[u32]) -> Self {
        match balance {
            Balance::RoundRobin => Balancer::RoundRobin(RoundRobin::new(weights)),
            Balance::LeastRequest => Balancer::LeastRequest(LeastRequest::new(weights)),
        }
    }

    /// The position of the endpoint to try, or `None` when none is usable. `in_flight` is the load of an endpoint,
    /// `random` is uniform over all 64 bits, and `usable` is false for endpoints that must not be chosen now, such as
    /// those already tried in this exchange.
    pub fn pick(
        &mut self,
        in_flight: impl Fn(usize) -> u64,
        random: u64,
        usable: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        match self {
            Balancer::RoundRobin(policy) => policy.pick(usable),
            Balancer::LeastRequest(policy) => policy.pick(in_flight, random, usable),
        }
    }
}
