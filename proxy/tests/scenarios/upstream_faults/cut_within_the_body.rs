//! The response breaks when its head has reached the client: the client must notice that it is incomplete.

use std::io::ErrorKind;

use crate::harness::{Client, Config, Gateway, Peer, Upstream};

/// The upstream sends `response`, then does as `end` says. The client gets a beginning of `body`, and no proper end.
fn is_cut(request: &str, response: &'static str, end: impl Fn(&mut Peer) + Send + Sync + 'static, body: &str) {
    let upstream = Upstream::run(move |peer| {
        if peer.request().is_some() {
            peer.send(response);
            end(peer);
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    for connection in 0..3 {
        let mut client = Client::connect(&gateway);
        client.send(request);
        assert_eq!(client.head().expect("a head").status(), 200);
        let got = client.expect_gone();
        assert!(body.as_bytes().starts_with(&got), "{:?}", String::from_utf8_lossy(&got));
        assert_eq!(upstream.seen().connection, connection, "never tried again, never reused");
    }
}

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

#[test]
fn known_length() {
    is_cut(GET, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", |_| (), "hello");
    is_cut(GET, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", Peer::reset, "hello");
}

#[test]
fn chunks() {
    let response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
    is_cut(GET, response, |_| (), "5\r\nhello\r\n");
    is_cut(GET, response, Peer::reset, "5\r\nhello\r\n");
}

#[test]
fn bad_chunk() {
    let response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nwrong\r\n";
    is_cut(GET, response, |peer| drop(peer.expect_gone()), "5\r\nhello\r\n");
}

/// Where only the end of the connection ends the body, a proper end would make half a body look like a whole one.
fn is_reset(request: &str, response: &'static str, end: impl Fn(&mut Peer) + Send + Sync + 'static) {
    let upstream = Upstream::run(move |peer| {
        if peer.request().is_some() {
            peer.send(response);
            end(peer);
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    client.send(request);
    let broken = client.read_to_end().expect_err("the connection must not end properly");
    assert_eq!(broken.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn until_close() {
    is_reset(GET, "HTTP/1.1 200 OK\r\n\r\nhello", Peer::reset);
}

#[test]
fn chunks_for_http_1_0() {
    let response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
    is_reset("GET / HTTP/1.0\r\nHost: h\r\n\r\n", response, |_| ());
    is_reset("GET / HTTP/1.0\r\nHost: h\r\n\r\n", response, Peer::reset);
}
