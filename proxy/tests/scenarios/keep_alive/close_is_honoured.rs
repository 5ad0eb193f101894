//! A client that says `Connection: close` gets its response and the end; the upstream's connection is not concerned.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn close_is_honoured() {
    let upstream = Upstream::echoing();
    let gateway = Gateway::start(&Config::to(&upstream));
    for target in ["/1", "/2"] {
        let mut client = Client::connect(&gateway);
        let close = format!("GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        // What follows the last request is not looked at.
        let response = client.request(close + "GET /after HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(response.text(), format!("0 GET {target} "));
        assert_eq!(response.field("connection"), Some("close"));
        client.expect_end();
        assert_eq!(upstream.seen().message.field("connection"), None);
    }
    assert!(upstream.seen_so_far().is_empty());
}
