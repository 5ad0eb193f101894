//! An absolute target is taken apart: its authority becomes the host, the rest the path.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn absolute_form() {
    let upstream = Upstream::echoing();
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for (target, path, host) in [
        ("http://shop.test/a/b?c=d", "/a/b?c=d", "shop.test"),
        ("HTTPS://shop.test:8443/a/../b", "/b", "shop.test:8443"),
        ("http://shop.test", "/", "shop.test"),
        ("http://shop.test?q", "/?q", "shop.test"),
    ] {
        let response = client.request(format!("GET {target} HTTP/1.1\r\nHost: other.test\r\n\r\n"));
        assert_eq!(response.text(), format!("0 GET {path} "));
        assert_eq!(upstream.seen().message.field("host"), Some(host), "it wins over the field");
    }
}
