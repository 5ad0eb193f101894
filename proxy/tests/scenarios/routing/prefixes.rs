//! `strip_prefix` and `add_prefix` change the path, by whole segments, and nothing else of the target.

use crate::harness::{Client, Config, Gateway, Upstream};

fn forwarded(lines: &str, cases: &[(&str, &str)]) {
    let upstream = Upstream::echoing();
    let gateway = Gateway::start(&Config::to(&upstream).route(lines));
    let mut client = Client::connect(&gateway);
    for (target, expected) in cases {
        assert_eq!(client.get(target).text(), format!("0 GET {expected} "), "{lines}");
    }
}

#[test]
fn strip_prefix() {
    forwarded(
        "strip_prefix = \"/api\"",
        &[
            ("/api/a/b?c=/api", "/a/b?c=/api"),
            ("/api", "/"),
            ("/api/", "/"),
            ("/api?x", "/?x"),
            ("/apis/a", "/apis/a"),
            ("/other", "/other"),
            ("/x/../api/a", "/a"),
        ],
    );
}

#[test]
fn add_prefix() {
    forwarded("add_prefix = \"/v1\"", &[("/a?b", "/v1/a?b"), ("/", "/v1/")]);
}

#[test]
fn both() {
    forwarded("strip_prefix = \"/api\"\nadd_prefix = \"/v1\"", &[("/api/a", "/v1/a"), ("/api", "/v1/")]);
}
