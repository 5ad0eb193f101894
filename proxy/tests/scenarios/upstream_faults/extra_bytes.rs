//! Bytes behind a response answer nothing that was asked. They reach nobody, and their connection is not used again.

use crate::harness::{Client, Config, Gateway, Upstream};

fn is_not_reused(response: &'static str) {
    let upstream = Upstream::answering(response);
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for connection in 0..3 {
        let response = client.get("/");
        assert_eq!((response.status(), response.text()), (200, "ok"));
        assert_eq!(upstream.seen().connection, connection);
    }
}

#[test]
fn behind_a_known_length() {
    is_not_reused("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 Poison\r\nContent-Length: 0\r\n\r\n");
}

#[test]
fn behind_chunks() {
    is_not_reused(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 500 Poison\r\n\r\n",
    );
}

#[test]
fn behind_no_body() {
    let upstream = Upstream::answering("HTTP/1.1 204 No Content\r\n\r\nnot nothing");
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for connection in 0..3 {
        assert_eq!(client.get("/").status(), 204);
        assert_eq!(upstream.seen().connection, connection);
    }
}
