//! Routes for the same path told apart by host, method and header: the one that asks for more goes first.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn host_method_and_header() {
    let names = ["any", "exact-host", "wild-host", "post", "beta"];
    let upstreams = names.map(Upstream::saying);
    let mut config = String::new();
    for (name, matches) in [
        ("any", ""),
        ("exact-host", ", host = \"shop.test\""),
        ("wild-host", ", host = \"*.shop.test\""),
        ("post", ", methods = [\"POST\", \"PUT\"], host = \"shop.test\""),
        ("beta", ", methods = [\"GET\"], host = \"shop.test\", headers = { x-beta = \"1\" }"),
    ] {
        config +=
            &format!("[[routes]]\nname = \"{name}\"\nmatch = {{ prefix = \"/\"{matches} }}\nupstream = \"{name}\"\n");
    }
    for (name, upstream) in names.iter().zip(&upstreams) {
        config += &format!("[upstreams.{name}]\nendpoints = [\"{}\"]\n", upstream.address());
    }
    let gateway = Gateway::start(&Config::of(&config));
    let mut client = Client::connect(&gateway);
    for (method, host, header, name) in [
        ("GET", "other.test", "", "any"),
        ("GET", "shop.test", "", "exact-host"),
        ("GET", "SHOP.Test:8080", "", "exact-host"),
        ("GET", "a.b.shop.test", "", "wild-host"),
        ("GET", "xshop.test", "", "any"),
        ("PUT", "shop.test", "", "post"),
        ("put", "shop.test", "", "exact-host"),
        ("PUT", "a.shop.test", "", "wild-host"),
        ("GET", "shop.test", "X-Beta: 1\r\n", "beta"),
        ("GET", "shop.test", "X-Beta: 2\r\n", "exact-host"),
        ("PUT", "shop.test", "X-Beta: 1\r\n", "post"),
    ] {
        let response = client.request(format!("{method} /a HTTP/1.1\r\nHost: {host}\r\n{header}\r\n"));
        assert_eq!(response.text(), name, "{method} {host} {header}");
    }
    // The authority of an absolute target is the host that counts.
    let response = client.request("GET http://shop.test/ HTTP/1.1\r\nHost: other.test\r\n\r\n");
    assert_eq!(response.text(), "exact-host");
}
