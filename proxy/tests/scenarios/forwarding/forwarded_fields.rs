//! `X-Forwarded-*` says who the client is: only a trusted proxy is believed, anybody else's claims are replaced.

use crate::harness::{Client, Config, Gateway, Message, Upstream};

const CLAIMS: &str = "GET / HTTP/1.1\r\nHost: shop.test\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: 198.51.100.1\r\n\
                      X-Forwarded-Proto: https\r\nX-Forwarded-Host: www.shop.test\r\nX-Forwarded-Port: 443\r\n\
                      X-Real-IP: 203.0.113.7\r\nForwarded: for=203.0.113.7\r\n\r\n";
const PLAIN: &str = "GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n";

fn forwarded(trusted: &str, request: &str) -> Message {
    let upstream = Upstream::saying("ok");
    let gateway = Gateway::start(&Config::to(&upstream).gateway(trusted));
    assert_eq!(Client::connect(&gateway).request(request).status(), 200);
    upstream.seen().message
}

#[test]
fn nobody_is_trusted() {
    for request in [CLAIMS, PLAIN] {
        let seen = forwarded("", request);
        assert_eq!(seen.field("x-forwarded-for"), Some("127.0.0.1"));
        assert_eq!(seen.field("x-forwarded-proto"), Some("http"));
        assert_eq!(seen.field("x-forwarded-host"), Some("shop.test"));
        for name in ["x-forwarded-port", "x-real-ip", "forwarded"] {
            assert_eq!(seen.field(name), None);
        }
    }
}

#[test]
fn somebody_else_is_trusted() {
    let seen = forwarded("trusted_proxies = [\"10.0.0.0/8\", \"127.0.0.2/32\"]", CLAIMS);
    assert_eq!(seen.field("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(seen.field("x-real-ip"), None);
}

#[test]
fn the_peer_is_trusted() {
    let seen = forwarded("trusted_proxies = [\"127.0.0.0/8\"]", CLAIMS);
    assert_eq!(seen.field("x-forwarded-for"), Some("203.0.113.7, 198.51.100.1, 127.0.0.1"));
    assert_eq!(seen.field("x-forwarded-proto"), Some("https"));
    assert_eq!(seen.field("x-forwarded-host"), Some("www.shop.test"));
    assert_eq!(seen.field("x-forwarded-port"), Some("443"));
    assert_eq!(seen.field("x-real-ip"), Some("203.0.113.7"));
    assert_eq!(seen.field("forwarded"), Some("for=203.0.113.7"));
}

#[test]
fn the_trusted_peer_says_nothing() {
    let seen = forwarded("trusted_proxies = [\"127.0.0.0/8\"]", PLAIN);
    assert_eq!(seen.field("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(seen.field("x-forwarded-proto"), Some("http"));
    assert_eq!(seen.field("x-forwarded-host"), Some("shop.test"));
}
