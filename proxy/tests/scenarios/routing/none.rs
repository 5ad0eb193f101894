//! A request that no route matches: 404 with `route.none`. The connection goes on, unless a body comes.

use crate::harness::{Client, Config, Gateway, Upstream, assert_problem};

#[test]
fn none() {
    let upstream = Upstream::saying("ok");
    let gateway = Gateway::start(&Config::of(&format!(
        "[[routes]]\nname = \"a\"\nmatch = {{ prefix = \"/a\", methods = [\"GET\", \"POST\"] }}\nupstream = \"up\"\n\
         [upstreams.up]\nendpoints = [\"{}\"]\n",
        upstream.address()
    )));
    let mut client = Client::connect(&gateway);
    for request in ["GET /b", "DELETE /a", "GET /ab", "GET /"] {
        let response = client.request(format!("{request} HTTP/1.1\r\nHost: h\r\n\r\n"));
        assert_problem(&response, 404, "route.none");
        assert_eq!(response.field("connection"), None);
    }
    assert_eq!(client.get("/a").text(), "ok");
    let response = client.request("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    assert_problem(&response, 404, "route.none");
    assert_eq!(response.field("connection"), Some("close"));
    client.expect_end();
    assert_eq!(upstream.seen_so_far().len(), 1);
}
