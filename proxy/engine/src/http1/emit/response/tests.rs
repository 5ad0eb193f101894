//! What the client gets, response by response.

use super::*;
use crate::http1::{Limits, Method};

/// What differs from a plain response to an HTTP/1.1 client.
struct Case<'a> {
    edits: HeaderEdits,
    request_id: &'a str,
    close: bool,
    client: Version,
    coding: Coding,
}

impl Default for Case<'_> {
    fn default() -> Self {
        Self {
            edits: HeaderEdits::default(),
            request_id: "",
            close: false,
            client: Version::Http11,
            coding: Coding::Keep,
        }
    }
}

fn parse(response: &str) -> ResponseHead {
    let mut head = ResponseHead::new();
    let limits = Limits { bytes: 4096, fields: 64 };
    assert_eq!(head.parse(response.as_bytes(), limits, Method::Get), Ok(Some(response.len())), "{response:?}");
    head
}

impl Case<'_> {
    fn forward(&self, response: &str) -> String {
        let mut out = Vec::new();
        let cx = ResponseContext {
            head: &parse(response),
            bytes: response.as_bytes(),
            edits: &self.edits,
            request_id: self.request_id.as_bytes(),
            date: b"Tue, 15 Nov 1994 08:12:31 GMT",
            close: self.close,
            client: self.client,
            coding: self.coding,
            limited: None,
            instead_of: None,
        };
        write_response(&mut out, &cx);
        String::from_utf8(out).unwrap()
    }
}

#[test]
fn a_typical_response_goes_on_like_this() {
    let response = "HTTP/1.1 200 OK\r\nServer: x\r\nConnection: keep-alive, x-y\r\nKeep-Alive: timeout=5\r\nX-Y: 1\r\n\
                    Content-Length: 142\r\nVia: 1.1 inner\r\n\r\n";
    assert_eq!(
        Case { request_id: "id-1", ..Case::default() }.forward(response),
        "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 142\r\nVia: 1.1 inner\r\ndate: Tue, 15 Nov 1994 08:12:31 GMT\r\n\
         x-request-id: id-1\r\nvia: 1.1 supplex\r\n\r\n"
    );
}

#[test]
fn what_the_upstream_says_about_date_and_id_holds_where_it_may() {
    let response = "HTTP/1.0 404\r\nDate: then\r\nX-Request-Id: theirs\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(
        Case::default().forward(response),
        "HTTP/1.1 404 \r\nDate: then\r\nX-Request-Id: theirs\r\nContent-Length: 0\r\nvia: 1.0 supplex\r\n\r\n"
    );
    let out = Case { request_id: "ours", ..Case::default() }.forward(response);
    assert!(out.contains("x-request-id: ours") && !out.contains("theirs"), "{out}");
}

#[test]
fn chunked_bodies_keep_their_coding_but_not_towards_1_0() {
    let response = "HTTP/1.1 200 OK\r\nDate: d\r\nTransfer-Encoding: CHUNKED\r\nTrailer: digest\r\n\r\n";
    assert_eq!(
        Case::default().forward(response),
        "HTTP/1.1 200 OK\r\nDate: d\r\nTrailer: digest\r\ntransfer-encoding: chunked\r\nvia: 1.1 supplex\r\n\r\n"
    );
    let old = Case { coding: Coding::Strip, close: true, client: Version::Http10, ..Case::default() };
    assert_eq!(old.forward(response), "HTTP/1.1 200 OK\r\nDate: d\r\nvia: 1.1 supplex\r\nconnection: close\r\n\r\n");
}

#[test]
fn the_client_hears_about_its_connection() {
    let last = |close, client| {
        let out = Case { close, client, ..Case::default() }.forward("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        out.trim_end().rsplit("\r\n").next().unwrap().to_owned()
    };
    assert_eq!(last(true, Version::Http11), "connection: close");
    assert_eq!(last(true, Version::Http10), "connection: close");
    assert_eq!(last(false, Version::Http10), "connection: keep-alive");
    assert_eq!(last(false, Version::Http11), "via: 1.1 supplex");
}

#[test]
fn a_204_has_no_length_and_a_304_keeps_it() {
    let out = |status| Case::default().forward(&format!("HTTP/1.1 {status} X\r\nContent-Length: 5\r\nDate: d\r\n\r\n"));
    assert!(!out(204).contains("ength"));
    assert!(out(304).contains("Content-Length: 5"));
}

#[test]
fn edits_remove_and_set() {
    let edits = HeaderEdits {
        remove: vec!["server".into(), "content-length".into(), "date".into()],
        set: vec![("x-frame-options".into(), "DENY".into()), ("via".into(), "hidden".into())],
    };
    let response = "HTTP/1.1 200 OK\r\nSERVER: x\r\nX-Frame-Options: a\r\nContent-Length: 0\r\nA: b\r\n\r\n";
    assert_eq!(
        Case { edits, ..Case::default() }.forward(response),
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: b\r\nx-frame-options: DENY\r\nvia: hidden\r\n\r\n"
    );
}

#[test]
fn interim_responses_keep_what_matters() {
    let out = |response: &str| {
        let mut out = Vec::new();
        write_interim(&mut out, &parse(response), response.as_bytes());
        String::from_utf8(out).unwrap()
    };
    assert_eq!(out("HTTP/1.1 100 Continue\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(
        out("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: close\r\nContent-Length: 3\r\n\r\n"),
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    );
    assert_eq!(
        out(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"
        ),
        "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
    );
}
