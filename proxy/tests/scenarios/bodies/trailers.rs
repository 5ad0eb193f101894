//! Trailers behind a chunked body are forwarded both ways.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn trailers() {
    let upstream = Upstream::answering(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, X-Kind\r\n\r\n\
         3\r\nabc\r\n0\r\nX-Sum: 42\r\nX-Kind: small\r\n\r\n",
    );
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    for split in [1, 1000] {
        client.send_in(
            split,
            "POST / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nConnection: te\r\nTrailer: X-Check\r\n\
             Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Check: 1\r\n\r\n",
        );
        let response = client.response();
        assert_eq!(response.text(), "abc");
        assert_eq!(response.field("trailer"), Some("X-Sum, X-Kind"));
        assert_eq!(response.trailers, [pair("X-Sum", "42"), pair("X-Kind", "small")]);
        let seen = upstream.seen().message;
        assert_eq!(seen.text(), "hi");
        assert_eq!(seen.field("te"), Some("trailers"));
        assert_eq!(seen.field("trailer"), Some("X-Check"));
        assert_eq!(seen.trailers, [pair("X-Check", "1")]);
    }
}
