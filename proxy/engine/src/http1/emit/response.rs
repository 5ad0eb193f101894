//! The response head as the client gets it.

use super::PSEUDONYM;
use super::fields::{self, Kept};
use crate::auth::Vouched;
use crate::config::HeaderEdits;
use crate::http1::{Coding, FieldId, Framing, ResponseHead, Version};
use crate::limit::Limited;
use crate::reason::Reason;

/// Everything that the forwarded head is made of.
#[derive(Clone, Copy, Debug)]
pub struct ResponseContext<'a> {
    /// The parsed head.
    pub head: &'a ResponseHead,
    /// The bytes it was parsed from.
    pub bytes: &'a [u8],
    /// What the route does to the fields.
    pub edits: &'a HeaderEdits,
    /// The id of the request; when empty, a field of the upstream stays as it is.
    pub request_id: &'a [u8],
    /// The current time as an HTTP date, for a response without one (RFC 9110 section 6.6.1).
    pub date: &'a [u8],
    /// Whether the client's connection closes after the response.
    pub close: bool,
    /// What the client speaks.
    pub client: Version,
    /// What becomes of a chunked body. With [`Coding::Strip`], `close` must be set.
    pub coding: Coding,
    /// The limits that the request was charged to. Their fields are a list that the upstream's own come before.
    pub limited: Option<Limited<'a>>,
    /// The refusal that the response stands in for, if it does.
    pub instead_of: Option<Reason>,
}

/// Fields that are of this hop (RFC 9110 section 7.6.1), or that are written anew. `Proxy-Authenticate` stays: without it
/// a 407 would be useless.
const OF_THIS_HOP: u32 = FieldId::Connection.bit()
    | FieldId::KeepAlive.bit()
    | FieldId::ProxyConnection.bit()
    | FieldId::TransferEncoding.bit()
    | FieldId::Te.bit()
    | FieldId::Upgrade.bit();

/// Appends the response head that the client gets. Always HTTP/1.1 (RFC 9110 section 2.5: the sender's own version).
pub fn write_response(out: &mut Vec<u8>, cx: &ResponseContext<'_>) {
    write_status_line(out, cx.head, cx.bytes);
    let mut dropped = OF_THIS_HOP;
    // RFC 9110 section 8.6: a 204 has no length, and some clients would wait for that many bytes.
    if cx.head.status() == 204 {
        dropped |= FieldId::ContentLength.bit();
    }
    if !cx.request_id.is_empty() {
        dropped |= FieldId::XRequestId.bit();
    }
    if cx.coding == Coding::Strip {
        dropped |= FieldId::Trailer.bit();
    }
    let end = cx.head.fields_end();
    Kept { bytes: cx.bytes, fields: cx.head.fields(), end, dropped, edits: cx.edits, vouched: Vouched::default() }
        .write(out);
    if cx.head.framing() == Framing::Chunked && cx.coding == Coding::Keep {
        out.extend_from_slice(b"transfer-encoding: chunked\r\n");
    }
    if !cx.head.has(FieldId::Date) && fields::adds(cx.edits, "date") {
        fields::write_line(out, &[b"date: ", cx.date]);
    }
    if !cx.request_id.is_empty() && fields::adds(cx.edits, "x-request-id") {
        fields::write_line(out, &[b"x-request-id: ", cx.request_id]);
    }
    if fields::adds(cx.edits, "via") {
        let version: &[u8] = if cx.head.version() == Version::Http11 { b"via: 1.1 " } else { b"via: 1.0 " };
        fields::write_line(out, &[version, PSEUDONYM.as_bytes()]);
    }
    if let Some(limited) = cx.limited.filter(|_| fields::adds(cx.edits, "ratelimit")) {
        fields::write_limits(out, &limited);
    }
    if let Some(reason) = cx.instead_of {
        super::fallback_reply::write_details(out, reason);
    }
    fields::write_set(out, cx.edits, FieldId::Other);
    out.extend_from_slice(connection(cx.close, cx.client));
    out.extend_from_slice(b"\r\n");
}

/// Appends the head of a 1xx response, 101 included, which keeps what it says about the new protocol.
pub fn write_interim(out: &mut Vec<u8>, head: &ResponseHead, bytes: &[u8]) {
    write_status_line(out, head, bytes);
    // RFC 9110 section 8.6: no Content-Length in a 1xx response.
    let dropped = OF_THIS_HOP | FieldId::ContentLength.bit();
    let edits = HeaderEdits::default();
    Kept { bytes, fields: head.fields(), end: head.fields_end(), dropped, edits: &edits, vouched: Vouched::default() }
        .write(out);
    if head.is_switch() {
        out.extend_from_slice(b"connection: upgrade\r\n");
        if let Some(protocol) = head.sole(FieldId::Upgrade) {
            fields::write_line(out, &[b"upgrade: ", protocol.of(bytes)]);
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// The status line. The space behind the code is not optional (RFC 9112 section 4), though some upstreams think so.
fn write_status_line(out: &mut Vec<u8>, head: &ResponseHead, bytes: &[u8]) {
    let line = head.status_line(bytes);
    let space: &[u8] = if line.len() == " 200".len() { b" " } else { b"" };
    fields::write_line(out, &[b"HTTP/1.1", line, space]);
}

/// What the client is told about its connection: nothing when its version's default holds.
pub(super) fn connection(close: bool, client: Version) -> &'static [u8] {
    match (close, client) {
        (true, _) => b"connection: close\r\n",
        (false, Version::Http10) => b"connection: keep-alive\r\n",
        (false, Version::Http11) => b"",
    }
}

#[cfg(test)]
mod tests;
