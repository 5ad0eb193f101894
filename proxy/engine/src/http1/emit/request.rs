//! The request head as the upstream gets it.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;

use super::PSEUDONYM;
use super::fields::{self, Kept};
use crate::auth::Vouched;
use crate::config::{HeaderEdits, Rewrite};
use crate::http1::{FieldId, Framing, RequestHead, Version};
use crate::trace::{TraceParent, context};

/// Everything that the forwarded head is made of.
#[derive(Clone, Copy, Debug)]
pub struct RequestContext<'a> {
    /// The parsed head.
    pub head: &'a RequestHead,
    /// The bytes it was parsed from.
    pub bytes: &'a [u8],
    /// What happens to the path.
    pub rewrite: &'a Rewrite,
    /// What the route does to the fields.
    pub edits: &'a HeaderEdits,
    /// What the gateway says about whose request it is.
    pub vouched: Vouched<'a>,
    /// The peer of the client's connection.
    pub client: IpAddr,
    /// Whether the peer's `X-Forwarded-*` fields are believed.
    pub trusted: bool,
    /// Whether the client's connection is encrypted.
    pub secure: bool,
    /// The id of the request; when empty, a field of the client stays as it is.
    pub request_id: &'a [u8],
    /// How long the exchange may still take, in milliseconds; `None` leaves the field out.
    pub deadline_ms: Option<u64>,
    /// What is said about the trace; `None` leaves the client's fields as they are.
    pub trace: Option<Onward>,
}

/// What the upstream is told about the trace of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Onward {
    /// The trace, and the span that the upstream is called from.
    pub parent: TraceParent,
    /// Whether the client's `tracestate` goes on.
    pub keeps_state: bool,
}

/// Where in a written head stands what another attempt has to say anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamps {
    /// The digits of `X-Request-Deadline-Ms`: a later attempt has less time.
    pub deadline: Option<Range<usize>>,
    /// The 16 digits of the parent id in `traceparent`: each attempt is a span of its own. They stand in front of the
    /// deadline, and so stay where they are when that becomes shorter.
    pub span: Option<Range<usize>>,
}

/// Fields that are of this hop (RFC 9110 section 7.6.1), that are meant for the gateway, or that are written anew; and two that could pass for something
/// else at an upstream that makes variables of them: lookalikes, and `Proxy`, which would become `HTTP_PROXY`.
const OF_THIS_HOP: u32 = FieldId::Lookalike.bit()
    | FieldId::Proxy.bit()
    | FieldId::Host.bit()
    | FieldId::ContentLength.bit()
    | FieldId::Connection.bit()
    | FieldId::KeepAlive.bit()
    | FieldId::ProxyConnection.bit()
    | FieldId::TransferEncoding.bit()
    | FieldId::Te.bit()
    | FieldId::Upgrade.bit()
    | FieldId::Http2Settings.bit()
    | FieldId::XForwardedFor.bit()
    | FieldId::XRequestDeadlineMs.bit()
    | FieldId::XSupplexExplain.bit();

/// Fields by which a trusted proxy says who its client is. From anybody else they are claims that an upstream could
/// believe.
const OF_A_PROXY: u32 = FieldId::Forwarded.bit()
    | FieldId::XRealIp.bit()
    | FieldId::XForwardedProto.bit()
    | FieldId::XForwardedHost.bit()
    | FieldId::XForwardedPort.bit();

/// Appends the request head that the upstream gets. Always HTTP/1.1, whatever the client spoke. Returns where in `out`
/// stands what a later attempt has to change.
pub fn write_request(out: &mut Vec<u8>, cx: &RequestContext<'_>) -> Stamps {
    write_start(out, cx);
    let mut dropped = OF_THIS_HOP;
    if !cx.trusted {
        dropped |= OF_A_PROXY;
    }
    if !cx.head.expects_continue() {
        dropped |= FieldId::Expect.bit();
    }
    if !cx.request_id.is_empty() {
        dropped |= FieldId::XRequestId.bit();
    }
    if let Some(trace) = &cx.trace {
        dropped |= FieldId::TraceParent.bit();
        if !trace.keeps_state {
            dropped |= FieldId::TraceState.bit();
        }
    }
    let end = cx.head.fields_end();
    Kept { bytes: cx.bytes, fields: cx.head.fields(), end, dropped, edits: cx.edits, vouched: cx.vouched }.write(out);
    write_hop(out, cx);
    write_forwarded(out, cx);
    let span = write_trace(out, cx);
    let deadline = write_deadline(out, cx);
    for (name, value) in cx.vouched.written() {
        fields::write_line(out, &[name.as_bytes(), b": ", value.as_bytes()]);
    }
    fields::write_set(out, cx.edits, FieldId::Host);
    out.extend_from_slice(b"\r\n");
    Stamps { deadline, span }
}

/// Which trace this is a part of, unless the route sets or removes the field.
fn write_trace(out: &mut Vec<u8>, cx: &RequestContext<'_>) -> Option<Range<usize>> {
    let trace = cx.trace.filter(|_| fields::adds(cx.edits, FieldId::TraceParent.name()))?;
    out.extend_from_slice(b"traceparent: ");
    let start = out.len() + context::SPAN_AT;
    out.extend_from_slice(&trace.parent.write());
    out.extend_from_slice(b"\r\n");
    Some(start..start + 16)
}

/// How much time the upstream has, unless the route sets or removes the field.
fn write_deadline(out: &mut Vec<u8>, cx: &RequestContext<'_>) -> Option<Range<usize>> {
    let millis = cx.deadline_ms.filter(|_| fields::adds(cx.edits, FieldId::XRequestDeadlineMs.name()))?;
    out.extend_from_slice(b"x-request-deadline-ms: ");
    let start = out.len();
    out.extend_from_slice(itoa::Buffer::new().format(millis).as_bytes());
    let digits = start..out.len();
    out.extend_from_slice(b"\r\n");
    Some(digits)
}

/// The request line and the Host field, which comes first (RFC 9110 section 7.2). Without any host it is empty (RFC 9112
/// section 3.2).
fn write_start(out: &mut Vec<u8>, cx: &RequestContext<'_>) {
    out.extend_from_slice(cx.head.method_token(cx.bytes));
    out.push(b' ');
    write_path(out, cx.head.path(cx.bytes), cx.rewrite, cx.head.is_asterisk());
    if let Some(query) = cx.head.query(cx.bytes) {
        out.push(b'?');
        out.extend_from_slice(query);
    }
    let host = fields::set_value(cx.edits, "host").map_or(cx.head.authority(cx.bytes), str::as_bytes);
    fields::write_line(out, &[b" HTTP/1.1\r\nhost: ", host]);
}

/// Appends the path after the rewrite. `OPTIONS *` is about the server as a whole and has no path to rewrite.
pub fn write_path(out: &mut Vec<u8>, path: &[u8], rewrite: &Rewrite, is_asterisk: bool) {
    if is_asterisk || (rewrite.strip_prefix.is_none() && rewrite.add_prefix.is_none()) {
        out.extend_from_slice(path);
        return;
    }
    let rest = rewrite.strip_prefix.as_deref().and_then(|prefix| strip(path, prefix)).unwrap_or(path);
    if let Some(prefix) = &rewrite.add_prefix {
        out.extend_from_slice(prefix.as_bytes());
    }
    if !rest.starts_with(b"/") {
        out.push(b'/');
    }
    out.extend_from_slice(rest);
}

/// The path without a prefix of whole segments; `None` when it does not begin with it.
fn strip<'a>(path: &'a [u8], prefix: &str) -> Option<&'a [u8]> {
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    let rest = path.strip_prefix(prefix.as_bytes())?;
    matches!(rest.first(), None | Some(b'/')).then_some(rest)
}

/// What is said to the upstream about the body's framing and the connection.
fn write_hop(out: &mut Vec<u8>, cx: &RequestContext<'_>) {
    match cx.head.framing() {
        Framing::Chunked => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
        // Written anew, without leading zeros or stray tabs that some upstream might read otherwise.
        Framing::Length(length) => {
            fields::write_line(out, &[b"content-length: ", itoa::Buffer::new().format(length).as_bytes()]);
        }
        Framing::None | Framing::UntilClose => {}
    }
    let upgrade = cx.head.upgrade(cx.bytes);
    let trailers = cx.head.takes_trailers(cx.bytes);
    // RFC 9110 sections 7.8 and 10.1.4: whoever sends Upgrade or TE names it in Connection.
    match (upgrade.is_some(), trailers) {
        (true, true) => out.extend_from_slice(b"connection: upgrade, te\r\n"),
        (true, false) => out.extend_from_slice(b"connection: upgrade\r\n"),
        (false, true) => out.extend_from_slice(b"connection: te\r\n"),
        (false, false) => {}
    }
    if let Some(protocol) = upgrade {
        fields::write_line(out, &[b"upgrade: ", protocol]);
    }
    if trailers {
        out.extend_from_slice(b"te: trailers\r\n");
    }
}

/// Who the client is, how it came here, and which request this is.
fn write_forwarded(out: &mut Vec<u8>, cx: &RequestContext<'_>) {
    if fields::adds(cx.edits, "x-forwarded-for") {
        write_forwarded_for(out, cx);
    }
    let lacks = |id: FieldId| !(cx.trusted && cx.head.has(id)) && fields::adds(cx.edits, id.name());
    if lacks(FieldId::XForwardedProto) {
        let scheme: &[u8] = if cx.secure { b"https" } else { b"http" };
        fields::write_line(out, &[b"x-forwarded-proto: ", scheme]);
    }
    let authority = cx.head.authority(cx.bytes);
    if !authority.is_empty() && lacks(FieldId::XForwardedHost) {
        fields::write_line(out, &[b"x-forwarded-host: ", authority]);
    }
    if !cx.request_id.is_empty() && fields::adds(cx.edits, "x-request-id") {
        fields::write_line(out, &[b"x-request-id: ", cx.request_id]);
    }
    if fields::adds(cx.edits, "via") {
        // The version is the one the message came with (RFC 9110 section 7.6.3).
        let version: &[u8] = if cx.head.version() == Version::Http11 { b"via: 1.1 " } else { b"via: 1.0 " };
        fields::write_line(out, &[version, PSEUDONYM.as_bytes()]);
    }
}

/// One list: what a trusted proxy said, then the peer.
fn write_forwarded_for(out: &mut Vec<u8>, cx: &RequestContext<'_>) {
    out.extend_from_slice(b"x-forwarded-for: ");
    if cx.trusted && cx.head.has(FieldId::XForwardedFor) {
        for value in cx.head.all(FieldId::XForwardedFor).filter(|value| !value.is_empty()) {
            out.extend_from_slice(value.of(cx.bytes));
            out.extend_from_slice(b", ");
        }
    }
    match cx.client.to_canonical() {
        IpAddr::V4(address) => write_v4(out, address),
        // Writing to a vector cannot fail.
        IpAddr::V6(address) => drop(write!(out, "{address}")),
    }
    out.extend_from_slice(b"\r\n");
}

/// Dotted decimal, without the formatting machinery: this is on every request.
fn write_v4(out: &mut Vec<u8>, address: Ipv4Addr) {
    for (at, octet) in address.octets().into_iter().enumerate() {
        if at > 0 {
            out.push(b'.');
        }
        if octet >= 100 {
            out.push(b'0' + octet / 100);
        }
        if octet >= 10 {
            out.push(b'0' + octet / 10 % 10);
        }
        out.push(b'0' + octet % 10);
    }
}

#[cfg(test)]
mod tests;
