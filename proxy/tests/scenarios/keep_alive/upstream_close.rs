//! An upstream that closes after its response does not end the client's connection.

use crate::harness::{Client, Config, Gateway, Upstream};

fn every_response_ends_its_connection(response: &'static str) {
    let upstream = Upstream::run(move |peer| {
        peer.request().expect("a connection is made for a request");
        peer.send(response);
        peer.finish();
        peer.expect_gone();
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for number in 0..5 {
        let response = client.request("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
        assert_eq!((response.status(), response.text()), (200, "ok"));
        assert_eq!(response.field("connection"), None);
        assert_eq!(upstream.seen().connection, number);
    }
}

#[test]
fn it_says_close() {
    every_response_ends_its_connection("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
}

#[test]
fn it_speaks_http_1_0() {
    every_response_ends_its_connection("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok");
}
