//! Chunk extensions end at the gateway (RFC 9112 section 7.1.1), in both directions and at any split.

use crate::harness::{Client, Config, Gateway, Upstream};

const BODY: &str = "3;a=b\r\nabc\r\n2 ; quoted=\"x;y\\\"z\" ;flag\r\nde\r\n0;last\r\n\r\n";

#[test]
fn chunk_extensions_are_dropped() {
    let response = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{BODY}");
    let upstream = Upstream::answering(response);
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for split in [1, 5, 1000] {
        client.send_in(split, format!("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{BODY}"));
        // Both readers refuse a chunk size that anything follows.
        let response = client.response();
        assert_eq!((response.text(), &*response.chunks), ("abcde", &[3, 2][..]));
        let seen = upstream.seen().message;
        assert_eq!((seen.text(), &*seen.chunks), ("abcde", &[3, 2][..]));
    }
}
