//! A client resets its connection before, or within, the response.

use std::sync::mpsc::channel;

use crate::harness::{Client, Config, GUARD, Gateway, Pattern, Upstream};

#[test]
fn for_the_response() {
    let (ended, end) = channel();
    let upstream = Upstream::run(move |peer| {
        if peer.request().is_some_and(|request| request.target() == "/slow") {
            ended.send(peer.expect_gone()).expect("the scenario waits for it");
        } else {
            peer.answer("ok");
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    client.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    upstream.seen();
    client.reset();
    assert_eq!(end.recv_timeout(GUARD).expect("the upstream is let go"), b"");
    assert_eq!(Client::connect(&gateway).get("/").text(), "ok", "others are not concerned");
}

#[test]
fn for_the_rest_of_the_response() {
    let (ended, end) = channel();
    let upstream = Upstream::run(move |peer| {
        if peer.request().is_some() {
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n");
            let mut pattern = Pattern::new();
            while peer.try_send(pattern.take(64 << 10)).is_ok() {}
            ended.send(()).expect("the scenario waits for it");
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(client.head().expect("a head").status(), 200);
    Pattern::new().check(&client.exactly(1 << 20));
    client.reset();
    end.recv_timeout(GUARD).expect("the upstream is let go");
}
