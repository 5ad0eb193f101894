//! What really happened to a request, for a client that may ask: it shows a field signed with the gateway's key.
//!
//! The answer is `Supplex-Explain`, a dictionary of structured fields (RFC 9651 section 3.2), in the response that the
//! client gets, whoever made it. A field that does not hold is as good as none: it never reaches the upstream either way.
//! Without a key nothing here is done; with one, a request without the field costs the look at one bit.

use std::io::Write as _;

use supplex_engine::config::UpstreamId;
use supplex_engine::http1::{FieldId, RequestHead};
use supplex_engine::reason::Reason;

use super::Worker;
use super::live::Live;
use super::request::Request;

/// Characters of one text in the answer; what is longer is cut.
const LONGEST: usize = 128;

/// What an exchange notes for the answer.
#[derive(Debug, Default)]
pub(super) struct Explained {
    attempts: u32,
    endpoint: Option<Box<str>>,
    overhead: u64,
}

/// Whether the client may ask, and does.
pub(super) fn asked(worker: &Worker, live: &Live, head: &RequestHead, bytes: &[u8]) -> Option<Box<Explained>> {
    let signer = live.signer.as_ref()?;
    let value = head.field(bytes, FieldId::XSupplexExplain)?;
    let now = worker.clock.unix_millis(worker.ring.coarse_now()) / 1_000;
    signer.holds(value, now).then(Box::default)
}

impl Request {
    /// Notes that an endpoint is tried.
    pub(super) fn note_attempt(&mut self, endpoint: &str) {
        if let Some(explained) = &mut self.explained {
            explained.endpoint = Some(endpoint.into());
        }
    }

    /// Notes what an exchange has come to that ends without a response of the upstream.
    pub(super) fn note_end(&mut self, attempts: u32, overhead: u64) {
        if let Some(explained) = &mut self.explained {
            (explained.attempts, explained.overhead) = (attempts, overhead);
        }
    }

    /// Adds the answer to a response that the gateway makes itself.
    pub(super) fn explain_local(&self, worker: &Worker, reason: Reason, out: &mut Vec<u8>) {
        let Some(explained) = &self.explained else { return };
        let now = worker.ring.precise_now();
        let overhead = if explained.attempts == 0 { now.saturating_sub(self.started) } else { explained.overhead };
        let facts = Facts {
            endpoint: explained.endpoint.as_deref(),
            attempts: explained.attempts,
            reason: Some(reason),
            overhead,
            duration: now.saturating_sub(self.started),
        };
        self.insert(&facts, out);
    }

    /// Adds the answer to the head of a response of an upstream. The gateway's own time are so many nanoseconds until that
    /// head was there, and what has passed since.
    pub(super) fn explain_forwarded(
        &self,
        worker: &Worker,
        endpoint: &str,
        attempts: u32,
        (overhead, since): (u64, u64),
        out: &mut Vec<u8>,
    ) {
        if self.explained.is_some() {
            let now = worker.ring.precise_now();
            let (overhead, duration) = (overhead + now.saturating_sub(since), now.saturating_sub(self.started));
            let reason = self.fell_back.then_some(Reason::BreakerOpen);
            self.insert(&Facts { endpoint: Some(endpoint), attempts, reason, overhead, duration }, out);
        }
    }

    fn insert(&self, facts: &Facts<'_>, out: &mut Vec<u8>) {
        let Some(end) = memchr::memmem::find(out, b"\r\n\r\n") else { return };
        let mut line = b"\r\nsupplex-explain: ".to_vec();
        self.write(facts, &mut line);
        out.splice(end..end, line);
    }

    fn write(&self, facts: &Facts<'_>, out: &mut Vec<u8>) {
        let route = self.route.and_then(|id| self.live.route(id)).map(|route| &*route.name);
        let name = |id: UpstreamId| self.live.upstream(id).map(|upstream| &*upstream.settings.name);
        // Writing into a vector cannot fail.
        let _ = write!(out, "generation={}", self.live.snapshot.generation);
        text(out, "route", route);
        text(out, "upstream", self.upstream.and_then(name));
        text(out, "endpoint", facts.endpoint);
        let _ = write!(out, ", attempts={}", facts.attempts);
        text(out, "reason", facts.reason.map(Reason::word));
        if let Some(limited) = self.limited() {
            out.extend_from_slice(b", limits=");
            limited.write_inner_list(out);
        }
        let _ = write!(out, ", overhead_us={}, duration_us={}", facts.overhead / 1_000, facts.duration / 1_000);
    }
}

/// What is known when the head of the response is made.
struct Facts<'a> {
    endpoint: Option<&'a str>,
    attempts: u32,
    reason: Option<Reason>,
    /// Nanoseconds.
    overhead: u64,
    duration: u64,
}

/// A member whose value is a string (RFC 9651 section 3.3.3): printable ASCII, with two characters escaped.
fn text(out: &mut Vec<u8>, key: &str, value: Option<&str>) {
    let Some(value) = value else { return };
    out.extend_from_slice(b", ");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"=\"");
    for byte in value.bytes().take(LONGEST) {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0x20..0x7f => out.push(byte),
            _ => out.push(b'?'),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_a_string_of_structured_fields() {
        let mut out = Vec::new();
        text(&mut out, "endpoint", Some("unix:/a\"b\\c\u{e4}"));
        text(&mut out, "route", None);
        assert_eq!(String::from_utf8_lossy(&out), ", endpoint=\"unix:/a\\\"b\\\\c??\"");
        out.clear();
        text(&mut out, "route", Some(&"x".repeat(1_000)));
        assert_eq!(out.len(), ", route=\"\"".len() + LONGEST);
    }
}
