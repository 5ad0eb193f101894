//! The reply that a route has instead of a refusal. `Proxy-Status` says that it is one (RFC 9209).

use super::response::connection;
use super::{PSEUDONYM, fields};
use crate::http1::Version;
use crate::http1::ascii::{self, VALUE};
use crate::reason::Reason;

/// Everything that a fallback's reply is made of.
#[derive(Clone, Copy, Debug)]
pub struct FallbackReply<'a> {
    /// The status code, from 200 on.
    pub status: u16,
    /// A field value.
    pub content_type: &'a str,
    /// Empty for a status that has no body.
    pub body: &'a str,
    /// What it stands in for.
    pub reason: Reason,
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
}

/// Appends the whole reply.
pub fn write_fallback_reply(out: &mut Vec<u8>, reply: &FallbackReply<'_>) {
    let mut number = itoa::Buffer::new();
    // RFC 9112 section 4: a client ignores the phrase, and the space before it must be there.
    let phrase: &[u8] = if reply.status == 200 { b" OK" } else { b" " };
    fields::write_line(out, &[b"HTTP/1.1 ", number.format(reply.status).as_bytes(), phrase]);
    fields::write_line(out, &[b"date: ", reply.date]);
    // RFC 9110 section 8.6: a 204 has no length; and a 304 would have that of what it does not send.
    if !matches!(reply.status, 204 | 304) {
        if !reply.body.is_empty() {
            fields::write_line(out, &[b"content-type: ", reply.content_type.as_bytes()]);
        }
        fields::write_line(out, &[b"content-length: ", number.format(reply.body.len()).as_bytes()]);
    }
    out.extend_from_slice(b"cache-control: no-store\r\n");
    write_details(out, reply.reason);
    if !reply.request_id.is_empty() && ascii::all(reply.request_id, VALUE) {
        fields::write_line(out, &[b"x-request-id: ", reply.request_id]);
    }
    out.extend_from_slice(connection(reply.close, reply.client));
    out.extend_from_slice(b"\r\n");
    if !reply.head_only {
        out.extend_from_slice(reply.body.as_bytes());
    }
}

/// Appends the `Proxy-Status` of a response that stands in for a refusal.
pub(super) fn write_details(out: &mut Vec<u8>, reason: Reason) {
    let row = reason.row();
    let (error, word) = (row.proxy_error.as_bytes(), row.word.as_bytes());
    fields::write_line(
        out,
        &[b"proxy-status: ", PSEUDONYM.as_bytes(), b"; error=", error, b"; details=\"", word, b"\""],
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http1::{Framing, Limits, Method, ResponseHead};

    fn write(reply: &FallbackReply<'_>) -> (String, Framing) {
        let mut out = Vec::new();
        write_fallback_reply(&mut out, reply);
        let mut head = ResponseHead::new();
        let length = head.parse(&out, Limits { bytes: 4096, fields: 32 }, Method::Get).unwrap();
        assert!(length.is_some());
        (String::from_utf8(out).unwrap(), head.framing())
    }

    #[test]
    fn a_reply_says_what_it_stands_in_for() {
        let reply = FallbackReply {
            status: 200,
            content_type: "application/json",
            body: "[]",
            reason: Reason::BreakerOpen,
            request_id: b"id-1",
            date: b"Tue, 15 Nov 1994 08:12:31 GMT",
            close: false,
            head_only: false,
            client: Version::Http11,
        };
        let (text, framing) = write(&reply);
        let wanted = "HTTP/1.1 200 OK\r\ndate: Tue, 15 Nov 1994 08:12:31 GMT\r\ncontent-type: application/json\r\n\
                      content-length: 2\r\ncache-control: no-store\r\n\
                      proxy-status: supplex; error=destination_unavailable; details=\"breaker.open\"\r\n\
                      x-request-id: id-1\r\n\r\n[]";
        assert_eq!((&*text, framing), (wanted, Framing::Length(2)));
        let (text, _) = write(&FallbackReply { head_only: true, ..reply });
        assert!(text.ends_with("\r\n\r\n"));
        let (text, framing) = write(&FallbackReply { status: 204, body: "", ..reply });
        assert!(text.starts_with("HTTP/1.1 204 \r\n") && framing == Framing::None && !text.contains("content-"));
    }
}
