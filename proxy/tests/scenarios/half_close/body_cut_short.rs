//! A client that ends before its body does is told so, and the upstream never takes the body for complete.

use std::sync::mpsc::channel;

use crate::harness::{Client, Config, GUARD, Gateway, Upstream, assert_problem};

fn cut_short(head: &'static str, first: &'static str) {
    let (ended, end) = channel();
    let upstream = Upstream::run(move |peer| {
        if peer.request_head().is_some() {
            ended.send(peer.expect_gone()).expect("the scenario waits for it");
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    client.send(head);
    client.send(first);
    client.finish();
    assert_problem(&client.response(), 400, "request.malformed");
    client.expect_end();
    let arrived = end.recv_timeout(GUARD).expect("the upstream's connection is closed");
    assert!(first.as_bytes().starts_with(&arrived), "nothing is made up: {arrived:?}");
}

#[test]
fn known_length() {
    cut_short("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n", "hello");
}

#[test]
fn chunks() {
    cut_short("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n");
}
