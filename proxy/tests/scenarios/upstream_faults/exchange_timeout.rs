//! The route's `timeout` bounds the whole exchange, however lively the upstream is.

use crate::harness::{Client, Config, Gateway, Upstream, assert_problem};

#[test]
fn before_the_response() {
    let upstream = Upstream::run(|peer| {
        if peer.request().is_some() {
            peer.expect_gone();
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream).route("timeout = \"150ms\""));
    let mut client = Client::connect(&gateway);
    assert_problem(&client.get("/"), 504, "upstream.timeout");
}

#[test]
fn within_a_response_that_trickles() {
    let upstream = Upstream::run(|peer| {
        if peer.request().is_some() {
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
            // Ends when the gateway closes.
            while peer.try_send("x").is_ok() {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream).route("timeout = \"150ms\""));
    let mut client = Client::connect(&gateway);
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(client.head().expect("a head").status(), 200);
    assert!(client.expect_gone().len() < 1_000_000);
}

#[test]
fn while_the_client_uploads() {
    let upstream = Upstream::run(|peer| {
        if peer.request_head().is_some() {
            peer.expect_gone();
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream).route("timeout = \"150ms\""));
    let mut client = Client::connect(&gateway);
    let response = client.request("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
    assert_problem(&response, 504, "upstream.timeout");
    assert_eq!(response.field("connection"), Some("close"));
    client.expect_end();
}
