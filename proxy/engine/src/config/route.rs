//! A checked route: what it matches, where it leads, what it changes on the way.

use std::time::Duration;

use super::{HeaderEdits, Hedge, LimitId, Priority, Retries, RouteAuth, UpstreamId};
use crate::route::Matcher;

/// One `[[routes]]` entry.
#[derive(Clone, Debug)]
pub struct Route {
    /// Unique among routes; the `route` label of metrics.
    pub name: Box<str>,
    /// What a request must be to take this route.
    pub matcher: Matcher,
    /// Where matching requests go.
    pub destination: Destination,
    /// What happens to the path.
    pub rewrite: Rewrite,
    /// The whole exchange, retries and queueing included.
    pub timeout: Duration,
    /// When a failed attempt is followed by another; `None` for connections that went stale alone.
    pub retries: Option<Retries>,
    /// When a second attempt is made beside the first; `None`: never.
    pub hedge: Option<Hedge>,
    /// When its requests are refused under overload.
    pub priority: Priority,
    /// Whose token a request must have; `None` when nobody asks.
    pub auth: Option<RouteAuth>,
    /// What its requests are charged to, all of them or none; at most [`crate::limit::CHARGES_MOST`], each limit once,
    /// all with the same store.
    pub limits: Vec<RouteLimit>,
    /// Edits to the request's fields.
    pub request_headers: HeaderEdits,
    /// Edits to the response's fields.
    pub response_headers: HeaderEdits,
    /// What a client gets when every endpoint is left alone by its breaker; `None`: a refusal.
    pub fallback: Option<Fallback>,
}

/// What a route has instead of a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// The answer of another upstream.
    Upstream(UpstreamId),
    /// Always the same.
    Reply {
        /// The status code, from 200 on.
        status: u16,
        /// The value of `Content-Type`.
        content_type: Box<str>,
        /// Empty when the status has no body.
        body: Box<str>,
    },
}

/// A limit as one route uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteLimit {
    /// The limit.
    pub limit: LimitId,
    /// Tokens one request costs, from 1 to the limit's burst.
    pub cost: u32,
}

/// Where the requests of a route go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// All to one upstream.
    Upstream(UpstreamId),
    /// Divided by weight.
    Split(Split),
}

/// Upstreams with weights; not empty, and the total is not zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    arms: Vec<(UpstreamId, u32)>,
    total: u32,
}

impl Split {
    /// A split over `arms`; `None` when there are none, or every weight is zero, or the sum overflows.
    #[must_use]
    pub fn new(arms: Vec<(UpstreamId, u32)>) -> Option<Self> {
        let total = arms.iter().try_fold(0_u32, |sum, (_, weight)| sum.checked_add(*weight))?;
        (total > 0).then_some(Self { arms, total })
    }

    /// The arm that `random`, uniform over all 64 bits, falls on: each in proportion to its weight.
    #[must_use]
    pub fn pick(&self, random: u64) -> UpstreamId {
        // The high half of a 64 by 32 bit product is uniform below `total` without a division.
        let mut point = ((u128::from(random) * u128::from(self.total)) >> 64) as u32;
        for (upstream, weight) in &self.arms {
            if point < *weight {
                return *upstream;
            }
            point -= weight;
        }
        self.arms[self.arms.len() - 1].0
    }

    /// The upstreams with their weights.
    #[must_use]
    pub fn arms(&self) -> &[(UpstreamId, u32)] {
        &self.arms
    }
}

impl Destination {
    /// The upstream that serves a request, given a random number that is uniform over all 64 bits.
    #[must_use]
    pub fn pick(&self, random: u64) -> UpstreamId {
        match self {
            Destination::Upstream(upstream) => *upstream,
            Destination::Split(split) => split.pick(random),
        }
    }
}

/// What happens to the path before it is forwarded. The default changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewrite {
    /// A prefix of whole segments to take off; the result always begins with `/`.
    pub strip_prefix: Option<Box<str>>,
    /// A prefix to put in front, after stripping. Begins with `/`, does not end with it.
    pub add_prefix: Option<Box<str>>,
}
