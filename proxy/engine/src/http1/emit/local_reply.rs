//! Responses that the gateway makes itself: problem documents (RFC 9457) with `Proxy-Status` (RFC 9209).

use super::response::connection;
use super::{PSEUDONYM, fields};
use crate::http1::Version;
use crate::http1::ascii::{self, VALUE};
use crate::limit::Limited;
use crate::reason::Reason;

/// Everything that a local reply is made of.
#[derive(Clone, Copy, Debug)]
pub struct LocalReply<'a> {
    /// Why the gateway answers.
    pub reason: Reason,
    /// One sentence for the client.
    pub detail: &'a str,
    /// After how many seconds it is worth to try again, if that is known; at least 1. A 503 says 1 otherwise.
    pub retry_after: Option<u32>,
    /// The id of the request; may be empty.
    pub request_id: &'a [u8],
    /// The current time as an HTTP date.
    pub date: &'a [u8],
    /// Whether the client's connection closes after the reply.
    pub close: bool,
    /// Whether the body is left out: the request was a HEAD.
    pub head_only: bool,
    /// What the client speaks.
    pub client: Version,
    /// The limits that the request was charged to.
    pub limited: Option<Limited<'a>>,
}

/// Appends the whole reply.
pub fn write_local_reply(out: &mut Vec<u8>, reply: &LocalReply<'_>) {
    let start = out.len();
    // The body goes first, because its length stands in the head; then the two change places.
    write_document(out, reply);
    let length = out.len() - start;
    if reply.head_only {
        out.truncate(start);
    }
    let body = out.len() - start;
    write_head(out, reply, length);
    if let Some(message) = out.get_mut(start..) {
        message.rotate_left(body);
    }
}

fn write_head(out: &mut Vec<u8>, reply: &LocalReply<'_>, length: usize) {
    let row = reply.reason.row();
    let mut number = itoa::Buffer::new();
    fields::write_line(out, &[b"HTTP/1.1 ", number.format(row.status).as_bytes(), b" ", phrase(row.status)]);
    fields::write_line(out, &[b"date: ", reply.date]);
    out.extend_from_slice(b"content-type: application/problem+json\r\n");
    fields::write_line(out, &[b"content-length: ", number.format(length).as_bytes()]);
    out.extend_from_slice(b"cache-control: no-store\r\nproxy-status: ");
    let (error, word) = (row.proxy_error.as_bytes(), row.word.as_bytes());
    fields::write_line(out, &[PSEUDONYM.as_bytes(), b"; error=", error, b"; details=\"", word, b"\""]);
    if !reply.request_id.is_empty() && ascii::all(reply.request_id, VALUE) {
        fields::write_line(out, &[b"x-request-id: ", reply.request_id]);
    }
    let refused = reply.limited.and_then(|limited| limited.refused());
    if let Some(limited) = &reply.limited {
        fields::write_limits(out, limited);
    }
    if row.status == 405 {
        // RFC 9110 section 15.5.6: a 405 lists what is allowed.
        out.extend_from_slice(b"allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\n");
    }
    if row.status == 401 {
        write_challenge(out, reply);
    }
    // RFC 6585 section 4, RFC 9110 section 15.6.4.
    let wait = reply.retry_after.or(refused.map(|(_, seconds)| seconds));
    if let Some(seconds) = wait.or(matches!(row.status, 429 | 503).then_some(1)) {
        fields::write_line(out, &[b"retry-after: ", number.format(seconds.max(1)).as_bytes()]);
    }
    out.extend_from_slice(connection(reply.close, reply.client));
    out.extend_from_slice(b"\r\n");
}

/// RFC 9110 section 15.5.2: a 401 says how to do better. RFC 6750 section 3.1: who showed no token made no error.
fn write_challenge(out: &mut Vec<u8>, reply: &LocalReply<'_>) {
    out.extend_from_slice(b"www-authenticate: Bearer realm=\"supplex\"");
    if reply.reason != Reason::AuthRequired {
        out.extend_from_slice(b", error=\"invalid_token\", error_description=\"");
        // RFC 6750 section 3 has the characters.
        let allowed = |byte: &u8| matches!(byte, 0x20..0x7f) && !matches!(byte, b'"' | b'\\');
        out.extend(reply.detail.bytes().filter(allowed));
        out.push(b'"');
    }
    out.extend_from_slice(b"\r\n");
}

fn write_document(out: &mut Vec<u8>, reply: &LocalReply<'_>) {
    let row = reply.reason.row();
    let mut number = itoa::Buffer::new();
    out.extend_from_slice(b"{\"type\":\"about:blank\",\"title\":");
    write_json(out, row.title.as_bytes());
    out.extend_from_slice(b",\"status\":");
    out.extend_from_slice(number.format(row.status).as_bytes());
    out.extend_from_slice(b",\"reason\":");
    write_json(out, row.word.as_bytes());
    out.extend_from_slice(b",\"detail\":");
    write_json(out, reply.detail.as_bytes());
    if !reply.request_id.is_empty() {
        out.extend_from_slice(b",\"request_id\":");
        write_json(out, reply.request_id);
    }
    if let Some((limit, seconds)) = reply.limited.and_then(|limited| limited.refused()) {
        out.extend_from_slice(b",\"limit\":");
        write_json(out, limit.as_bytes());
        out.extend_from_slice(b",\"retry_after\":");
        out.extend_from_slice(number.format(seconds).as_bytes());
    }
    out.extend_from_slice(b"}\n");
}

/// A JSON string (RFC 8259 section 7). Bytes that are not UTF-8 become the replacement character.
fn write_json(out: &mut Vec<u8>, text: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        for byte in chunk.valid().bytes() {
            match byte {
                b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
                0..0x20 => {
                    let (high, low) = (DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]);
                    out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
                }
                _ => out.push(byte),
            }
        }
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    out.push(b'"');
}

/// The reason phrase of a status that local replies use (RFC 9110 section 15, RFC 6585).
fn phrase(status: u16) -> &'static [u8] {
    match status {
        400 => b"Bad Request",
        401 => b"Unauthorized",
        404 => b"Not Found",
        405 => b"Method Not Allowed",
        408 => b"Request Timeout",
        413 => b"Content Too Large",
        414 => b"URI Too Long",
        417 => b"Expectation Failed",
        429 => b"Too Many Requests",
        431 => b"Request Header Fields Too Large",
        500 => b"Internal Server Error",
        501 => b"Not Implemented",
        502 => b"Bad Gateway",
        503 => b"Service Unavailable",
        504 => b"Gateway Timeout",
        505 => b"HTTP Version Not Supported",
        _ => b"",
    }
}

#[cfg(test)]
mod tests;
