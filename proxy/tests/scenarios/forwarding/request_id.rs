//! `X-Request-Id`: the client's is kept, a missing or odd one is made, and it comes back with the response.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn request_id() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nX-Request-Id: the-upstreams\r\nContent-Length: 0\r\n\r\n");
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let response = client.request("GET / HTTP/1.1\r\nHost: h\r\nX-Request-ID: abc-123\r\n\r\n");
    assert_eq!(response.field("x-request-id"), Some("abc-123"));
    assert_eq!(upstream.seen().message.field("x-request-id"), Some("abc-123"));
    let mut made = Vec::new();
    for line in ["", "", "X-Request-Id:\r\n", "X-Request-Id: a b\r\n", "X-Request-Id: \"><script>\r\n"] {
        let response = client.request(format!("GET / HTTP/1.1\r\nHost: h\r\n{line}\r\n"));
        let id = response.field("x-request-id").expect("there is always one").to_owned();
        assert_eq!(upstream.seen().message.field("x-request-id"), Some(&*id));
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        assert!(!made.contains(&id), "every request has its own");
        made.push(id);
    }
}

#[test]
fn in_a_reply_of_the_gateway() {
    let gateway = Gateway::start(&Config::to_address("127.0.0.1:1"));
    let response = Client::connect(&gateway).request("GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: abc-123\r\n\r\n");
    crate::harness::assert_problem(&response, 502, "upstream.connect");
    assert_eq!(response.field("x-request-id"), Some("abc-123"));
}
