//! A route sets and removes fields of the request and of the response; never those that frame the message.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn header_edits() {
    let upstream = Upstream::answering(
        "HTTP/1.1 200 OK\r\nServer: secret/1.0\r\nX-Set: old\r\nX-Set: older\r\nX-Kept: yes\r\nContent-Length: 2\r\n\r\nok",
    );
    let config = Config::to(&upstream)
        .route("request_headers = { set = { x-gateway = \"supplex\" }, remove = [\"X-Internal\"] }")
        .route("response_headers = { set = { x-set = \"new\" }, remove = [\"server\"] }");
    let gateway = Gateway::start(&config);
    let mut client = Client::connect(&gateway);
    let response = client.request(
        "GET / HTTP/1.1\r\nHost: shop.test\r\nX-INTERNAL: 1\r\nX-Gateway: forged\r\nX-Kept: yes\r\nx-internal: 2\r\n\r\n",
    );
    assert_eq!(response.text(), "ok");
    assert_eq!(response.field("server"), None);
    assert_eq!(response.field("x-set"), Some("new"));
    assert_eq!(response.field("x-kept"), Some("yes"));
    let seen = upstream.seen().message;
    assert_eq!(seen.field("x-gateway"), Some("supplex"));
    assert_eq!(seen.field("x-internal"), None);
    assert_eq!(seen.field("x-kept"), Some("yes"));
}
