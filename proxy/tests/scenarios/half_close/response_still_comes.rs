//! A client that has closed its sending side still gets its response, all of it.

use crate::harness::{Client, Config, Gate, Gateway, Pattern, Upstream};

#[test]
fn before_the_response_begins() {
    let closed = Gate::new();
    let is_closed = closed.clone();
    let upstream = Upstream::run(move |peer| {
        while peer.request().is_some() {
            is_closed.pass();
            peer.answer("still here");
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    for request in [
        "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi",
        "GET / HTTP/1.0\r\n\r\n",
    ] {
        let mut client = Client::connect(&gateway);
        client.send(request);
        client.finish();
        closed.open();
        assert_eq!(client.response().text(), "still here");
        client.expect_end();
    }
}

#[test]
fn large_and_slowly_read() {
    const LENGTH: usize = 12 << 20;
    let upstream = Upstream::run(|peer| {
        while peer.request().is_some() {
            peer.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n"));
            peer.send(Pattern::new().take(LENGTH));
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    client.keep_buffers_small();
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    client.finish();
    let response = client.response();
    assert_eq!(response.body.len(), LENGTH);
    Pattern::new().check(&response.body);
    client.expect_end();
}

#[test]
fn pipelined() {
    let upstream = Upstream::echoing();
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for number in 0..10 {
        client.send(format!("GET /{number} HTTP/1.1\r\nHost: h\r\n\r\n"));
    }
    client.finish();
    for number in 0..10 {
        assert_eq!(client.response().text(), format!("0 GET /{number} "));
    }
    client.expect_end();
}
