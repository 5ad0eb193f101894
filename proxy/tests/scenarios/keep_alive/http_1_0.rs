//! Clients that speak HTTP/1.0: close by default, keep-alive on request, no chunks, no Host needed.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn closed_by_default() {
    let upstream = Upstream::echoing();
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let response = client.request("GET /a HTTP/1.0\r\n\r\n");
    assert_eq!(response.text(), "0 GET /a ");
    assert_eq!(response.field("connection"), Some("close"));
    client.expect_end();
    assert_eq!(upstream.seen().message.field("host"), Some(""), "a request without a host names none");
}

#[test]
fn kept_on_request() {
    let upstream = Upstream::echoing();
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for number in 0..3 {
        let keep = format!("GET /{number} HTTP/1.0\r\nHost: h\r\nConnection: Keep-Alive\r\n\r\n");
        let response = client.request(keep);
        assert_eq!(response.text(), format!("0 GET /{number} "));
        assert_eq!(response.field("connection"), Some("keep-alive"));
    }
}

#[test]
fn chunks_are_taken_apart() {
    let upstream = Upstream::answering(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n\
         3\r\nabc\r\n4\r\ndefg\r\n0\r\nX-Sum: 7\r\n\r\n",
    );
    let gateway = Gateway::start(&Config::to(&upstream));
    for _ in 0..2 {
        let mut client = Client::connect(&gateway);
        let response = client.request("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        assert_eq!(response.text(), "abcdefg");
        assert_eq!(response.field("transfer-encoding"), None);
        assert_eq!(response.field("connection"), Some("close"), "only the close can end this body");
    }
    assert_eq!(upstream.connections(), 1, "the upstream's connection is as good as before");
}
