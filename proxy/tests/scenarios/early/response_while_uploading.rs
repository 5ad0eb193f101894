//! The response begins, and is complete, while the body is still being sent.

use crate::harness::{Client, Config, Gate, Gateway, Upstream};

#[test]
fn whole_response_first() {
    let upstream = Upstream::run(|peer| {
        while peer.request_head().is_some() {
            peer.expect("half");
            peer.answer("enough");
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let response = client.request("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf");
    assert_eq!(response.text(), "enough");
    assert_eq!(response.field("connection"), Some("close"), "where the next request begins is not known");
    client.expect_end();
}

#[test]
fn both_at_once() {
    let rest = Gate::new();
    let rest_has_come = rest.clone();
    let upstream = Upstream::run(move |peer| {
        while peer.request_head().is_some() {
            peer.expect("half");
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
            peer.expect("rest");
            rest_has_come.open();
            peer.send("other");
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf");
    assert_eq!(client.head().expect("a head").status(), 200);
    client.expect("first");
    client.send("rest");
    rest.pass();
    client.expect("other");
    client.expect_end();
}
