//! Upgrades that would lead requests past the gateway's rules are not passed on (RFC 9110 section 7.8 lets a server
//! ignore them); the request itself is.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn not_forwarded() {
    let upstream = Upstream::saying("plain");
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for request in [
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket, h2c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: TLS/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nhi",
    ] {
        assert_eq!(client.request(request).text(), "plain");
        let seen = upstream.seen().message;
        for name in ["upgrade", "connection", "http2-settings"] {
            assert_eq!(seen.field(name), None, "{request}");
        }
    }
}
