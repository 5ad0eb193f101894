//! Choosing an endpoint of an upstream.
//!
//! One balancer per upstream and worker. It knows endpoints by their position, weight and identity only; load, time and
//! randomness are arguments, so that a choice can be replayed. It never decides whether an endpoint may be used: that is
//! `usable`. `balancer/` has a file per policy; `balancer/weights.rs` draws by weight for those that draw.

mod consistent_hash;
mod least_request;
mod peak_ewma;
mod random;
mod round_robin;
mod weights;

use super::Tried;
use crate::config::Balance;
use crate::hash::{fnv1a, scramble};
use consistent_hash::ConsistentHash;
use least_request::LeastRequest;
use peak_ewma::PeakEwma;
use random::Random;
use round_robin::RoundRobin;

/// An endpoint as a balancer knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its share relative to the other weights. 0 counts as 1.
    pub weight: u32,
    /// Tells it from the others wherever and whenever a balancer is made: the [`hash`] of its address.
    pub identity: u64,
}

impl Member {
    /// A member of a weight whose identity is the hash of its address as text.
    #[must_use]
    pub fn of(address: &str, weight: u32) -> Self {
        Self { weight, identity: hash(address.as_bytes()) }
    }
}

/// What a choice depends on beside the endpoints.
#[derive(Clone, Copy, Debug, Default)]
pub struct Draw {
    /// The time in nanoseconds, on any clock that never goes back.
    pub now: u64,
    /// A random number, uniform over all 64 bits.
    pub random: u64,
    /// The [`hash`] of the request's key; only `consistent_hash` looks at it.
    pub hash: u64,
}

/// The state of the policy that an upstream is configured with.
#[derive(Debug)]
pub enum Balancer {
    /// In turn, by weight.
    RoundRobin(RoundRobin),
    /// At random, by weight.
    Random(Random),
    /// The better of two random ones by in-flight requests over weight.
    LeastRequest(LeastRequest),
    /// The better of two random ones by latency and in-flight requests over weight.
    PeakEwma(PeakEwma),
    /// By a key of the request, with bounded load.
    ConsistentHash(ConsistentHash),
}

impl Balancer {
    /// A balancer over these endpoints, known by their positions from here on.
    #[must_use]
    pub fn new(balance: Balance, members: &[Member]) -> Self {
        match balance {
            Balance::RoundRobin => Balancer::RoundRobin(RoundRobin::new(members)),
            Balance::Random => Balancer::Random(Random::new(members)),
            Balance::LeastRequest => Balancer::LeastRequest(LeastRequest::new(members)),
            Balance::PeakEwma => Balancer::PeakEwma(PeakEwma::new(members)),
            Balance::ConsistentHash => Balancer::ConsistentHash(ConsistentHash::new(members)),
        }
    }

    /// The position of the endpoint to try, or `None` when none is usable. `in_flight` is the load of an endpoint, and
    /// `usable` is false for endpoints that must not be chosen now, such as those already tried in this exchange.
    pub fn pick(
        &mut self,
        in_flight: impl Fn(usize) -> u64,
        draw: Draw,
        usable: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        match self {
            Balancer::RoundRobin(policy) => policy.pick(usable),
            Balancer::Random(policy) => policy.pick(draw.random, usable),
            Balancer::LeastRequest(policy) => policy.pick(in_flight, draw.random, usable),
            Balancer::PeakEwma(policy) => policy.pick(in_flight, draw, usable),
            Balancer::ConsistentHash(policy) => policy.pick(in_flight, draw.hash, usable),
        }
    }

    /// The position of the endpoint for the next attempt, or `None` when none is `usable`: one that was not `tried`, if
    /// there is one, and among those one that is `whole`, if there is one. Whoever is whole must be usable too.
    pub fn choose(
        &mut self,
        in_flight: impl Fn(usize) -> u64,
        draw: Draw,
        tried: Tried,
        usable: impl Fn(usize) -> bool,
        whole: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let mut among = |tried: Tried| {
            let untried = |index: usize| !tried.has(index);
            let picked = self.pick(&in_flight, draw, |index| untried(index) && whole(index));
            picked.or_else(|| self.pick(&in_flight, draw, |index| untried(index) && usable(index)))
        };
        // Where all were tried, any is better than none.
        among(tried).or_else(|| if tried.is_empty() { None } else { among(Tried::default()) })
    }

    /// Whether this policy learns from [`Balancer::observe`].
    #[must_use]
    pub fn learns(&self) -> bool {
        matches!(self, Balancer::PeakEwma(_))
    }

    /// Tells how an attempt at the endpoint at `position` ended: after `latency` nanoseconds with a response head, or
    /// `failed`, however quickly that was.
    pub fn observe(&mut self, position: usize, latency: u64, failed: bool, now: u64) {
        if let Balancer::PeakEwma(policy) = self {
            policy.observe(position, latency, failed, now);
        }
    }

    /// Takes over what `former` has learned about the endpoints that are members of both. A newcomer begins with the mean
    /// of the others, so that it neither draws all traffic nor gets none.
    pub fn adopt(&mut self, former: &Balancer, now: u64) {
        if let (Balancer::PeakEwma(policy), Balancer::PeakEwma(former)) = (self, former) {
            policy.adopt(former, now);
        }
    }
}

/// The hash of an endpoint's address or of a request's key: the same in every worker and process and after every restart,
/// so that all of them choose alike. FNV-1a, stirred; not for secrets.
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    scramble(fnv1a(bytes.iter().copied()))
}
