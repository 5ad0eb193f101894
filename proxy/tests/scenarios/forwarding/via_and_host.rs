//! The host is the client's, `Via` names the gateway behind those before it, and a response has a date.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn via_and_host() {
    let upstream = Upstream::answering("HTTP/1.0 200 OK\r\nVia: 1.1 behind\r\nContent-Length: 0\r\n\r\n");
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let response = client.request("GET / HTTP/1.1\r\nVia: 2 front\r\nHost: Shop.Test:8080\r\n\r\n");
    assert_eq!(response.all("via"), ["1.1 behind", "1.0 supplex"]);
    let date = response.field("date").expect("a response without a date gets one");
    httpdate::parse_http_date(date).expect("in the form that RFC 9110 asks for");
    let seen = upstream.seen().message;
    assert_eq!(seen.field("host"), Some("Shop.Test:8080"));
    assert_eq!(seen.all("via"), ["2 front", "1.1 supplex"]);
}

#[test]
fn an_upstreams_date_is_kept() {
    let upstream =
        Upstream::answering("HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n");
    let gateway = Gateway::start(&Config::to(&upstream));
    assert_eq!(Client::connect(&gateway).get("/").field("date"), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
}
