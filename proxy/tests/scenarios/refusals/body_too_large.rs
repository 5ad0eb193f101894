//! Bodies above the listener's limit: refused before anything is forwarded when the length says so, and as soon as it
//! shows when they come in chunks.

use std::sync::mpsc::channel;

use super::assert_refused;
use crate::harness::{Client, Config, GUARD, Gateway, Upstream, assert_problem};

fn small(upstream: &Upstream) -> Config {
    Config::to(upstream).listener("max_body_bytes = \"1000B\"")
}

#[test]
fn announced() {
    let requests = [
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n".to_owned(), 413, "request.body_too_large"),
        (
            format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n{}", "a".repeat(1001)),
            413,
            "request.body_too_large",
        ),
        (
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551615\r\n\r\n".to_owned(),
            413,
            "request.body_too_large",
        ),
        (
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n".to_owned(),
            413,
            "request.body_too_large",
        ),
    ];
    assert_refused(small, &requests);
}

#[test]
fn in_chunks_with_the_head() {
    let chunk = format!("3e9\r\n{}\r\n0\r\n\r\n", "a".repeat(1001));
    let request = format!("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}");
    assert_refused(small, &[(request, 413, "request.body_too_large")]);
}

#[test]
fn in_chunks_that_come_later() {
    let (ended, end) = channel();
    let upstream = Upstream::run(move |peer| {
        if peer.request_head().is_some() {
            ended.send(peer.expect_gone()).expect("the scenario waits for it");
        }
    });
    let gateway = Gateway::start(&small(&upstream));
    let mut client = Client::connect(&gateway);
    client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    upstream.seen();
    for _ in 0..11 {
        client.send(format!("64\r\n{}\r\n", "a".repeat(100)));
    }
    assert_problem(&client.response(), 413, "request.body_too_large");
    client.expect_end();
    let arrived = end.recv_timeout(GUARD).expect("the upstream's connection is closed");
    assert!(!arrived.ends_with(b"0\r\n\r\n"), "the upstream must not take the body for complete");
}

#[test]
fn just_within() {
    let upstream = Upstream::saying("forwarded");
    let gateway = Gateway::start(&small(&upstream));
    let mut client = Client::connect(&gateway);
    let body = "a".repeat(1000);
    let head = "POST / HTTP/1.1\r\nHost: h\r\n";
    assert_eq!(client.request(format!("{head}Content-Length: 1000\r\n\r\n{body}")).text(), "forwarded");
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n3e8\r\n{body}\r\n0\r\n\r\n");
    assert_eq!(client.request(chunked).text(), "forwarded");
}
