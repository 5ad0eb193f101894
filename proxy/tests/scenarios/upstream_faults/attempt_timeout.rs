//! An upstream that is silent for longer than `attempt_timeout`: 504 before the response, a cut within it.

use crate::harness::{Client, Config, Gate, Gateway, Upstream, assert_problem};

#[test]
fn before_the_response() {
    let upstream = Upstream::run(|peer| {
        if peer.request().is_some() {
            peer.expect_gone();
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream).upstream("attempt_timeout = \"150ms\""));
    let mut client = Client::connect(&gateway);
    for connection in 0..2 {
        let response = client.get("/");
        assert_problem(&response, 504, "upstream.timeout");
        assert_eq!(response.field("connection"), None);
        assert_eq!(upstream.seen().connection, connection, "the answer that may still come belongs to nobody");
    }
}

#[test]
fn within_the_response() {
    let over = Gate::new();
    let is_over = over.clone();
    let upstream = Upstream::run(move |peer| {
        if peer.request().is_some() {
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
            assert_eq!(peer.expect_gone(), b"");
            is_over.open();
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream).upstream("attempt_timeout = \"150ms\""));
    let mut client = Client::connect(&gateway);
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(client.head().expect("a head").status(), 200);
    assert_eq!(client.expect_gone(), b"hello");
    over.pass();
}

#[test]
fn a_client_that_is_slow_to_send_is_not_the_upstreams_fault() {
    let upstream = Upstream::saying("thanks");
    let gateway = Gateway::start(&Config::to(&upstream).upstream("attempt_timeout = \"50ms\""));
    let mut client = Client::connect(&gateway);
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n");
    std::thread::sleep(std::time::Duration::from_millis(250));
    assert_eq!(client.request("body").text(), "thanks");
}
