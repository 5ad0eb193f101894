//! The end of an exchange: counters, histograms and the access log line.

use std::cell::RefCell;
use std::io::Write;
use std::net::IpAddr;

use supplex_engine::reason::Reason;

use super::Worker;
use super::record::Record;
use super::request::Request;
use crate::access_log::LogSender;

/// Lines are handed over when they fill this many bytes, and at every tick.
const HAND_OVER_AT: usize = 32 * 1024;

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
    if request.live.snapshot.telemetry.access_log.is_some() {
        let time = worker.clock.unix_millis(request.started);
        let line = Line { time, peer, record, request, outcome, duration };
        worker.block.log_drops.add(worker.log.write(&line));
    }
}

/// The lines of this worker that have not been handed over.
pub(super) struct LogBuffer {
    lines: RefCell<Vec<u8>>,
    sender: LogSender,
}

impl LogBuffer {
    pub(super) fn new(sender: LogSender) -> Self {
        Self { lines: RefCell::default(), sender }
    }

    /// Adds a line. Returns how many lines were dropped, because the writer is behind.
    fn write(&self, line: &Line<'_>) -> u64 {
        line.write(&mut self.lines.borrow_mut());
        let full = self.lines.borrow().len() >= HAND_OVER_AT;
        if full { self.hand_over() } else { 0 }
    }

    /// Gives what there is to the writer. Returns how many lines were dropped.
    pub(super) fn hand_over(&self) -> u64 {
        let mut lines = self.lines.borrow_mut();
        if lines.is_empty() {
            return 0;
        }
        let full = std::mem::replace(&mut *lines, self.sender.spare());
        match self.sender.try_send(full) {
            Ok(()) => 0,
            Err(mut dropped) => {
                let count = memchr::memchr_iter(b'\n', &dropped).count() as u64;
                dropped.clear();
                *lines = dropped;
                count
            }
        }
    }
}

struct Line<'a> {
    time: u64,
    peer: IpAddr,
    record: &'a Record,
    request: &'a Request,
    outcome: &'a Outcome<'a>,
    duration: u64,
}

impl Line<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let Line { time, peer, record, request, outcome, duration } = self;
        let mut number = itoa::Buffer::new();
        let mut put = |out: &mut Vec<u8>, key: &str, value: u64| {
            out.extend_from_slice(key.as_bytes());
            out.extend_from_slice(number.format(value).as_bytes());
        };
        put(out, "{\"time_ms\":", *time);
        text(out, ",\"request_id\":", record.id());
        out.extend_from_slice(b",\"client\":\"");
        // Writing into a vector cannot fail.
        let _ = write!(out, "{peer}\"");
        text(out, ",\"method\":", record.method());
        text(out, ",\"target\":", record.target());
        put(out, ",\"status\":", outcome.status.unwrap_or(0).into());
        let route = request.route.and_then(|id| request.live.route(id));
        route.inspect(|route| text(out, ",\"route\":", route.name.as_bytes()));
        let upstream = request.upstream.and_then(|id| request.live.upstream(id));
        upstream.inspect(|upstream| text(out, ",\"upstream\":", upstream.settings.name.as_bytes()));
        outcome.endpoint.inspect(|endpoint| text(out, ",\"endpoint\":", endpoint.as_bytes()));
        outcome.reason.inspect(|reason| text(out, ",\"reason\":", reason.word().as_bytes()));
        if outcome.retried {
            out.extend_from_slice(b",\"retried\":true");
        }
        put(out, ",\"received_bytes\":", outcome.received);
        put(out, ",\"sent_bytes\":", outcome.sent);
        put(out, ",\"duration_us\":", duration / 1000);
        put(out, ",\"overhead_us\":", outcome.overhead / 1000);
        out.extend_from_slice(b"}\n");
    }
}

/// A key and a JSON string. Bytes that are not ASCII are written as code points, so that the line is valid whatever came.
fn text(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    out.extend_from_slice(key.as_bytes());
    out.push(b'"');
    for &byte in value {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0x20..0x7f => out.push(byte),
            _ => {
                let _ = write!(out, "\\u{:04x}", u16::from(byte));
            }
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_become_a_json_string() {
        let mut out = Vec::new();
        text(&mut out, "", b"a\"b\\c\x01\xe4");
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), "a\"b\\c\u{1}\u{e4}");
    }
}
