//! An upstream answers 413 and closes while the client is still sending. The client gets to see that answer.

use crate::harness::{Client, Config, Gateway, Upstream};

const REFUSAL: &str = "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 8\r\n\r\ntoo much";

#[test]
fn closed_with_the_rest_unread() {
    let upstream = Upstream::run(|peer| {
        if peer.request_head().is_some() {
            peer.exactly(100_000);
            peer.send(REFUSAL);
            // Returning closes, and because much is unread the system resets the connection.
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream).listener("max_body_bytes = \"1GiB\""));
    for _ in 0..5 {
        let mut client = Client::connect(&gateway);
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n");
        // Sooner or later the gateway takes no more.
        while client.try_send([b'x'; 50_000]).is_ok() {}
        let response = client.response();
        assert_eq!((response.status(), response.text()), (413, "too much"));
        assert_eq!(response.field("connection"), Some("close"));
    }
}

#[test]
fn closed_before_the_rest_is_sent() {
    let upstream = Upstream::run(|peer| {
        if peer.request_head().is_some() {
            peer.send(REFUSAL);
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let response = client.request("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
    assert_eq!((response.status(), response.text()), (413, "too much"));
    client.expect_end();
}
