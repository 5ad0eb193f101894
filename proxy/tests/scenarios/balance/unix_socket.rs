//! An endpoint may be a unix socket; its connections are pooled like any other.

use crate::harness::{Client, Config, Gateway, Pattern, Upstream};

#[test]
fn unix_socket() {
    let folder = tempfile::tempdir().expect("a folder for the socket");
    let upstream = Upstream::run_unix(&folder.path().join("up.sock"), |peer| {
        while let Some(request) = peer.request() {
            peer.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", request.body.len()));
            peer.send(&request.body);
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for length in [0, 1, 100_000] {
        let body = Pattern::new().take(length);
        client.send(format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n"));
        client.send(&body);
        assert_eq!(client.response().body, body);
    }
    assert_eq!(upstream.connections(), 1);
}

#[test]
fn that_nobody_listens_on() {
    let gateway = Gateway::start(&Config::to_address("unix:/nowhere/at/all.sock"));
    crate::harness::assert_problem(&Client::connect(&gateway).get("/"), 502, "upstream.connect");
}
