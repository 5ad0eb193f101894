//! A request that is refused before its body was read ends the connection, as other refusals do.

use super::ask;
use crate::harness::{Client, Config, Gateway, Upstream, assert_problem};

#[test]
fn body_of_a_refused_request() {
    let upstream = Upstream::saying("ok");
    let limit = "[limits.slow]\nrate = \"1/h\"\nburst = 1";
    let gateway = Gateway::start(&Config::to(&upstream).route("limits = [\"slow\"]").and(limit));
    let mut client = Client::connect(&gateway);
    let post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
    assert_eq!(client.request(post).text(), "ok");
    let refused = client.request(post);
    assert_problem(&refused, 429, "limit.exceeded");
    assert_eq!(refused.field("connection"), Some("close"));
    client.expect_end();
    assert_eq!(upstream.seen_so_far().len(), 1);

    // Without a body the next request is found where it begins.
    let mut client = Client::connect(&gateway);
    client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!([client.response().status(), client.response().status()], [429, 429]);
    assert_eq!(ask(&mut client), 429);
}
