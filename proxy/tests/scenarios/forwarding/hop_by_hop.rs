//! Fields that are meant for one hop, and those that `Connection` names, end at the gateway, in both directions.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn hop_by_hop() {
    let upstream = Upstream::answering(
        "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Up\r\nKeep-Alive: timeout=5\r\nX-Up: 1\r\nProxy-Connection: keep-alive\r\n\
         Upgrade: h2\r\nX-End: 1\r\nContent-Length: 2\r\n\r\nok",
    );
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let response = client.request(
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: X-Down, keep-alive\r\nKeep-Alive: 5\r\nX-Down: 1\r\nx-down: 2\r\n\
         Proxy-Connection: keep-alive\r\nTE: gzip\r\nConnection: x-other\r\nX-Other: 1\r\nX-End: 1\r\n\r\n",
    );
    assert_eq!(response.text(), "ok");
    for name in ["connection", "keep-alive", "x-up", "proxy-connection", "upgrade"] {
        assert_eq!(response.field(name), None, "{name} in the response");
    }
    assert_eq!(response.field("x-end"), Some("1"));
    let seen = upstream.seen().message;
    for name in ["connection", "keep-alive", "x-down", "x-other", "proxy-connection", "te"] {
        assert_eq!(seen.field(name), None, "{name} in the request");
    }
    assert_eq!(seen.field("x-end"), Some("1"));
}
