//! CONNECT and TRACE are never forwarded; methods that nobody has heard of are.

use super::assert_refused;
use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn refused() {
    let requests = [
        ("CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test\r\n\r\n", 405, "request.method_refused"),
        ("TRACE / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n\r\n", 405, "request.method_refused"),
    ];
    assert_refused(Config::to, &requests);
}

#[test]
fn what_is_allowed_is_listed() {
    let upstream = Upstream::echoing();
    let gateway = Gateway::start(&Config::to(&upstream));
    let response = Client::connect(&gateway).request("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(response.field("allow").is_some_and(|allowed| allowed.contains("GET")));
}

#[test]
fn forwarded() {
    let upstream = Upstream::echoing();
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for method in ["PATCH", "DELETE", "OPTIONS", "PROPFIND", "get", "X-1"] {
        let response = client.request(format!("{method} /a HTTP/1.1\r\nHost: h\r\n\r\n"));
        assert_eq!(response.text(), format!("0 {method} /a "));
    }
}
