//! A bucket per header value or per cookie; requests without one share a bucket.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn keys() {
    let upstream = Upstream::saying("ok");
    let long = "x".repeat(500);
    for (key, one, other) in [
        ("header:x-key", "X-Key: a".to_owned(), "x-key: b".to_owned()),
        ("header:x-key", format!("X-Key: {long}1"), format!("X-Key: {long}2")),
        ("cookie:sid", "Cookie: x=1; sid=a".to_owned(), "Cookie: sid=b; x=1".to_owned()),
    ] {
        let limit = format!("[limits.l]\nrate = \"1/h\"\nburst = 2\nkey = \"{key}\"");
        let gateway = Gateway::start(&Config::to(&upstream).route("limits = [\"l\"]").and(&limit));
        let mut client = Client::connect(&gateway);
        for field in [one, other, "x-none: 1".to_owned()] {
            let request = format!("GET / HTTP/1.1\r\nHost: h\r\n{field}\r\n\r\n");
            let statuses: Vec<u16> = (0..3).map(|_| client.request(&request).status()).collect();
            assert_eq!(statuses, [200, 200, 429], "{key}: {field}");
        }
    }
}
