//! Heads above the listener's limits.

use super::assert_refused;
use crate::harness::{Client, Config, Gateway, Upstream};

fn small(upstream: &Upstream) -> Config {
    Config::to(upstream).listener("max_header_bytes = \"2KiB\"").listener("max_header_fields = 10")
}

#[test]
fn above_the_limits() {
    let many: String = (0..10).map(|number| format!("F{number}: v\r\n")).collect();
    let requests = [
        (format!("GET / HTTP/1.1\r\nHost: h\r\nA: {}\r\n\r\n", "a".repeat(2048)), 431, "request.header_too_large"),
        // Its end never comes.
        (format!("GET / HTTP/1.1\r\nHost: h\r\nA: {}", "a".repeat(2048)), 431, "request.header_too_large"),
        (format!("GET / HTTP/1.1\r\nHost: h\r\n{many}\r\n"), 431, "request.header_too_large"),
        (format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "a".repeat(2048)), 414, "request.target_too_long"),
        (format!("GET /{}", "a".repeat(2048)), 414, "request.target_too_long"),
    ];
    assert_refused(small, &requests);
}

#[test]
fn just_within() {
    let upstream = Upstream::saying("forwarded");
    let gateway = Gateway::start(&small(&upstream));
    let mut client = Client::connect(&gateway);
    let frame = "GET / HTTP/1.1\r\nHost: h\r\nA: \r\n\r\n".len();
    let request = format!("GET / HTTP/1.1\r\nHost: h\r\nA: {}\r\n\r\n", "a".repeat(2048 - frame));
    assert_eq!(client.request(request).text(), "forwarded");
    let many: String = (0..9).map(|number| format!("F{number}: v\r\n")).collect();
    assert_eq!(client.request(format!("GET / HTTP/1.1\r\nHost: h\r\n{many}\r\n")).text(), "forwarded");
}

#[test]
fn larger_than_one_buffer() {
    let upstream = Upstream::saying("forwarded");
    let gateway = Gateway::start(&Config::to(&upstream).listener("max_header_bytes = \"60KiB\""));
    let mut client = Client::connect(&gateway);
    let value = "a".repeat(50_000);
    for split in [100_000, 1000] {
        client.send_in(split, format!("POST / HTTP/1.1\r\nHost: h\r\nA: {value}\r\nContent-Length: 5\r\n\r\nhello"));
        assert_eq!(client.response().text(), "forwarded");
        let seen = upstream.seen().message;
        assert_eq!((seen.field("a"), seen.text()), (Some(&*value), "hello"));
    }
}
