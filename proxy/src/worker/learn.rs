//! What a request tells the balancer before its endpoint is chosen, and what the attempt teaches it afterwards.
//!
//! It decides nothing: `supplex_engine::upstream` does.

use std::net::IpAddr;
use std::rc::Rc;

use supplex_engine::config::Balance;
use supplex_engine::http1::RequestHead;
use supplex_engine::http1::forwarded::client_address;
use supplex_engine::stats::block::AttemptResult;
use supplex_engine::upstream::Draw;
use supplex_engine::upstream::hash_key::hash_of;

use super::Worker;
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

/// The hash of the request's key, if its upstream balances by one.
pub(super) fn request_hash(request: &Request, head: &RequestHead, bytes: &[u8], peer: IpAddr) -> u64 {
    let Some(upstream) = request.upstream.and_then(|id| request.live.upstream(id)) else { return 0 };
    if upstream.settings.balance != Balance::ConsistentHash {
        return 0;
    }
    let gateway = &request.live.snapshot.gateway;
    let client = client_address(head, bytes, peer, |address| gateway.trusts(address));
    hash_of(&upstream.settings.hash_key, head, bytes, client)
}

/// What the next choice of an endpoint depends on.
pub(super) fn draw(worker: &Worker, request: &Request) -> Draw {
    Draw { now: worker.ring.coarse_now(), random: worker.random.next(), hash: request.hash }
}

impl LiveUpstream {
    /// Lets balancer and ejection learn from an attempt. One that the client gave up says nothing about the endpoint.
    pub(super) fn learn(&self, attempt: &Attempt, ended: Ended, now: u64) {
        let (latency, failed) = match ended {
            Ended::Answered { status, latency } => (latency, status >= 500),
            Ended::Failed(AttemptResult::Cancelled) => return,
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
