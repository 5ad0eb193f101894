//! What a request tells the balancer before its endpoint is chosen, and what the attempt teaches it afterwards.
//!
//! It decides nothing: `supplex_engine::upstream` does.

use std::net::IpAddr;
use std::rc::Rc;

use supplex_engine::config::{Balance, Fallback, UpstreamId};
use supplex_engine::http1::RequestHead;
use supplex_engine::http1::forwarded::client_address;
use supplex_engine::stats::block::AttemptResult;
use supplex_engine::upstream::hash_key::hash_of;

use super::connection::nanos;
use super::request::Request;
use super::upstream::{Attempt, LiveUpstream};

/// How an attempt ended.
#[derive(Clone, Copy)]
pub(super) enum Ended {
    /// The final response head arrived this many nanoseconds after the request was sent.
    Answered { status: u16, latency: u64 },
    /// None did.
    Failed(AttemptResult),
}

/// The hashes of the request's key at its upstream and at the one of its route's fallback, where they balance by one.
pub(super) fn request_hashes(request: &Request, head: &RequestHead, bytes: &[u8], peer: IpAddr) -> (u64, u64) {
    let route = request.route.and_then(|id| request.live.route(id));
    let fallback = route.and_then(|route| match &route.fallback {
        Some(Fallback::Upstream(id)) => Some(*id),
        _ => None,
    });
    let hash = |id: Option<UpstreamId>| request_hash(request, id, head, bytes, peer);
    (hash(request.upstream), hash(fallback))
}

fn request_hash(
    request: &Request,
    upstream: Option<UpstreamId>,
    head: &RequestHead,
    bytes: &[u8],
    peer: IpAddr,
) -> u64 {
    let Some(upstream) = upstream.and_then(|id| request.live.upstream(id)) else { return 0 };
    if upstream.settings.balance != Balance::ConsistentHash {
        return 0;
    }
    let gateway = &request.live.snapshot.gateway;
    let client = client_address(head, bytes, peer, |address| gateway.trusts(address));
    hash_of(&upstream.settings.hash_key, head, bytes, client)
}

impl LiveUpstream {
    /// Lets balancer and ejection learn from an attempt. One that the client gave up says nothing about the endpoint, nor
    /// does a pooled connection that turned out to be closed.
    pub(super) fn learn(&self, attempt: &Attempt, ended: Ended, now: u64) {
        self.gate.adaptive.learn(attempt, ended, now);
        let (latency, failed) = match ended {
            Ended::Answered { status, latency } => (latency, status >= 500),
            Ended::Failed(result) if !attempt.is_to_blame(result) => return,
            Ended::Failed(AttemptResult::Timeout) => (nanos(self.settings.attempt_timeout), true),
            Ended::Failed(_) => (0, true),
        };
        // An answer that says of itself that it went wrong is fit to be avoided; to be ejected takes one that no sound
        // service gives (RFC 9110 sections 15.6.3 to 15.6.5).
        let fatal = !matches!(ended, Ended::Answered { status, .. } if !(502..=504).contains(&status));
        self.judge(attempt.endpoint(), fatal, now);
        let mut balancer = self.balancer.borrow_mut();
        if balancer.learns()
            && let Some(position) = self.endpoints.iter().position(|known| Rc::ptr_eq(known, attempt.endpoint()))
        {
            balancer.observe(position, latency, failed, now);
        }
    }
}
