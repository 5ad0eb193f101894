//! The end of an exchange: counters, histograms and the access log line.
//!
//! Where to read on: `account/line.rs` for what there is to say, `account/json.rs` and `account/combined.rs` for how it is
//! written, `account/buffer.rs` for how lines reach the writer.

mod buffer;
mod combined;
mod json;
mod line;

use std::net::IpAddr;

use supplex_engine::reason::Reason;

use super::Worker;
use super::record::Record;
use super::request::Request;
use line::Line;

pub(super) use buffer::LogBuffer;

/// What there is to say about an exchange when it ends.
pub(super) struct Outcome<'a> {
    /// The status the client got; `None` when it got no response head.
    pub(super) status: Option<u16>,
    /// Why the gateway answered itself, or gave up.
    pub(super) reason: Option<Reason>,
    /// The endpoint that was tried last.
    pub(super) endpoint: Option<&'a str>,
    /// Whether a second attempt was made.
    pub(super) retried: bool,
    /// Payload bytes from and to the client.
    pub(super) received: u64,
    pub(super) sent: u64,
    /// Nanoseconds the gateway itself took.
    pub(super) overhead: u64,
    /// Nanoseconds it waited for the upstream; `None` when no attempt was made.
    pub(super) upstream_time: Option<u64>,
}

/// Counts the exchange and writes its line.
pub(super) fn account(worker: &Worker, peer: IpAddr, record: &Record, request: &Request, outcome: &Outcome<'_>) {
    let block = request.live.route_block(request.route);
    let duration = worker.ring.precise_now().saturating_sub(request.started);
    if let Some(status) = outcome.status {
        block.responses.increment(request.method, status);
    }
    // A fallback's upstream has answered in place of the gateway.
    let stood_in = request.fell_back && outcome.reason == Some(Reason::BreakerOpen);
    if let Some(reason) = outcome.reason.filter(|_| !stood_in) {
        block.local(reason).increment();
    }
    block.duration.observe(duration);
    block.overhead.observe(outcome.overhead);
    let tried = outcome.upstream_time.and(request.upstream);
    let latency = request.live.latency_block(request.route, tried);
    latency.observe(duration, outcome.upstream_time, outcome.overhead);
    if let Some(log) = &request.live.snapshot.telemetry.access_log
        && log.keeps(outcome.status, outcome.reason.is_some(), record.id())
    {
        let time = worker.clock.unix_millis(request.started);
        let line = Line { time, peer, record, request, outcome, duration };
        worker.block.log_drops.add(worker.log.write(&log.format, &line));
    }
    request.trace.finish(worker, peer, record, request, outcome, duration);
}
