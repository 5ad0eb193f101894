//! Local replies, read back by the gateway's own parser.

use super::*;
use crate::http1::{Framing, Limits, Method, ResponseHead};
use crate::reason;

fn reply(reason: Reason) -> LocalReply<'static> {
    LocalReply {
        reason,
        detail: "A \"sentence\".",
        retry_after: None,
        request_id: b"id-1",
        date: b"Tue, 15 Nov 1994 08:12:31 GMT",
        close: true,
        head_only: false,
        client: Version::Http11,
        limited: None,
    }
}

fn write(reply: &LocalReply<'_>) -> String {
    // Whatever stands in the buffer already stays.
    let mut out = b"before".to_vec();
    write_local_reply(&mut out, reply);
    String::from_utf8(out).unwrap().strip_prefix("before").unwrap().to_owned()
}

#[test]
fn a_reply_looks_like_this() {
    let body = "{\"type\":\"about:blank\",\"title\":\"The gateway does not forward this method\",\"status\":405,\
                \"reason\":\"request.method_refused\",\"detail\":\"A \\\"sentence\\\".\",\"request_id\":\"id-1\"}\n";
    let head = format!(
        "HTTP/1.1 405 Method Not Allowed\r\ndate: Tue, 15 Nov 1994 08:12:31 GMT\r\ncontent-type: application/problem+json\r\n\
         content-length: {}\r\ncache-control: no-store\r\n\
         proxy-status: supplex; error=http_request_denied; details=\"request.method_refused\"\r\nx-request-id: id-1\r\n\
         allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\nconnection: close\r\n\r\n",
        body.len()
    );
    assert_eq!(write(&reply(Reason::MethodRefused)), format!("{head}{body}"));
    assert_eq!(write(&LocalReply { head_only: true, ..reply(Reason::MethodRefused) }), head);
}

#[test]
fn every_reason_gives_a_well_formed_response() {
    for row in reason::ALL {
        let out = write(&reply(row.reason));
        let mut head = ResponseHead::new();
        let length = head.parse(out.as_bytes(), Limits { bytes: 4096, fields: 32 }, Method::Get).unwrap().unwrap();
        assert_eq!(head.status(), row.status);
        assert_eq!(head.framing(), Framing::Length((out.len() - length) as u64));
        assert!(!phrase(row.status).is_empty(), "{} has no phrase", row.status);
        assert!(out.contains(&format!("\"reason\":\"{}\"", row.word)));
        assert_eq!(head.find(out.as_bytes(), "retry-after").is_some(), matches!(row.status, 429 | 503));
        assert_eq!(head.find(out.as_bytes(), "allow").is_some(), row.status == 405);
        assert_eq!(head.find(out.as_bytes(), "www-authenticate").is_some(), row.status == 401);
    }
}

#[test]
fn it_says_when_to_come_again_and_never_at_once() {
    let after = |seconds| write(&LocalReply { retry_after: seconds, ..reply(Reason::BreakerOpen) });
    assert!(after(None).contains("\r\nretry-after: 1\r\n"));
    assert!(after(Some(0)).contains("\r\nretry-after: 1\r\n"));
    assert!(after(Some(30)).contains("\r\nretry-after: 30\r\n"));
}

#[test]
fn a_challenge_says_what_is_wrong_with_a_token_and_nothing_where_there_is_none() {
    let out = write(&reply(Reason::AuthRequired));
    assert!(out.contains("\r\nwww-authenticate: Bearer realm=\"supplex\"\r\n"), "{out}");
    let out = write(&reply(Reason::AuthExpired));
    let challenge = "Bearer realm=\"supplex\", error=\"invalid_token\", error_description=\"A sentence.\"\r\n";
    assert!(out.contains(&format!("\r\nwww-authenticate: {challenge}")), "{out}");
}

#[test]
fn connections_and_ids_are_optional() {
    let out = write(&LocalReply { close: false, request_id: b"", ..reply(Reason::RouteNone) });
    assert!(!out.contains("connection") && !out.contains("request-id") && !out.contains("request_id"), "{out}");
    let out = write(&LocalReply { close: false, client: Version::Http10, ..reply(Reason::RouteNone) });
    assert!(out.contains("connection: keep-alive\r\n"), "{out}");
}

#[test]
fn nothing_breaks_out_of_a_string_or_a_line() {
    let out = write(&LocalReply { detail: "a\u{1}\n\\é", request_id: b"x\r\ny: z\xff", ..reply(Reason::RouteNone) });
    assert!(out.contains("\"detail\":\"a\\u0001\\u000a\\\\é\""), "{out}");
    assert!(out.contains("\"request_id\":\"x\\u000d\\u000ay: z\u{fffd}\""), "{out}");
    assert!(!out.contains("x-request-id"), "{out}");
}
