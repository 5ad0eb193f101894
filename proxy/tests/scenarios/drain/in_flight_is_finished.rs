//! Requests in flight get their whole response, and are told that the connection ends with it.

use crate::harness::{Client, Config, Gate, Gateway, Upstream};

#[test]
fn before_the_response() {
    let gate = Gate::new();
    let may_answer = gate.clone();
    let upstream = Upstream::run(move |peer| {
        while peer.request().is_some() {
            may_answer.pass();
            peer.answer("finished");
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream).gateway("workers = 2"));
    let mut clients: Vec<Client> = (0..4).map(|_| Client::connect(&gateway)).collect();
    for client in &mut clients {
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        upstream.seen();
    }
    // A connection with nothing under way is closed without a word.
    let mut idle = Client::connect(&gateway);
    gateway.tell_to_end();
    idle.expect_end();
    gate.open();
    for client in &mut clients {
        let response = client.response();
        assert_eq!(response.text(), "finished");
        assert_eq!(response.field("connection"), Some("close"));
        client.expect_end();
    }
}

#[test]
fn within_the_body() {
    let gate = Gate::new();
    let may_end = gate.clone();
    let upstream = Upstream::run(move |peer| {
        if peer.request().is_some() {
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
            may_end.pass();
            peer.send("other");
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(client.head().expect("a head").status(), 200);
    client.expect("first");
    let mut idle = Client::connect(&gateway);
    gateway.tell_to_end();
    idle.expect_end();
    gate.open();
    client.expect("other");
    client.expect_end();
}
