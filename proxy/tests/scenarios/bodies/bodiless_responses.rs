//! Responses without a body, whatever their fields say: to HEAD, 204 and 304. Both connections go on.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn head() {
    let upstream = Upstream::run(|peer| {
        while let Some(request) = peer.request() {
            match request.target() {
                "/length" => peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
                "/chunks" => peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
                _ => peer.answer("a body"),
            }
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for (target, length) in [("/length", Some("1000")), ("/chunks", None)] {
        client.send(format!("HEAD {target} HTTP/1.1\r\nHost: h\r\n\r\n"));
        assert_eq!(client.response_to_head().field("content-length"), length);
        assert_eq!(client.get("/after").text(), "a body");
    }
    assert_eq!(upstream.connections(), 1);
}

#[test]
fn head_refused_by_the_gateway() {
    let config = Config::of(
        "[[routes]]\nname = \"a\"\nmatch = { prefix = \"/a\" }\nupstream = \"up\"\n\
         [upstreams.up]\nendpoints = [\"127.0.0.1:1\"]",
    );
    let gateway = Gateway::start(&config);
    let mut client = Client::connect(&gateway);
    client.send("HEAD /nowhere HTTP/1.1\r\nHost: h\r\n\r\n");
    let response = client.response_to_head();
    assert_eq!(response.status(), 404);
    assert_ne!(response.field("content-length"), Some("0"), "the length is that of the document");
    assert_eq!(client.get("/nowhere").status(), 404, "no body stands in front of the next response");
}

#[test]
fn no_content_and_not_modified() {
    let upstream = Upstream::run(|peer| {
        while let Some(request) = peer.request() {
            match request.target() {
                "/204" => peer.send("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"),
                "/304" => peer.send("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 5\r\n\r\n"),
                _ => peer.answer("a body"),
            }
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let response = client.get("/204");
    assert_eq!((response.status(), response.field("content-length")), (204, None));
    assert_eq!(client.get("/after").text(), "a body");
    let response = client.get("/304");
    assert_eq!((response.status(), response.field("content-length")), (304, Some("5")));
    assert_eq!(client.get("/after").text(), "a body");
    assert_eq!(upstream.connections(), 1);
}
