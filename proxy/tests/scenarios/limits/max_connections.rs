//! A listener with `max_connections` refuses the next one at once, and takes one again when one has left.

use crate::harness::{Client, Config, Gateway, Upstream, assert_problem};

#[test]
fn max_connections() {
    let upstream = Upstream::saying("ok");
    let gateway = Gateway::start(&Config::to(&upstream).listener("max_connections = 2").gateway("workers = 2"));
    let mut held: Vec<Client> = (0..2).map(|_| Client::connect(&gateway)).collect();
    for client in &mut held {
        assert_eq!(client.get("/").text(), "ok");
    }
    for _ in 0..5 {
        let mut refused = Client::connect(&gateway);
        // Without having been asked anything.
        let response = refused.response();
        assert_problem(&response, 503, "connection.limit");
        assert_eq!(response.field("connection"), Some("close"));
        assert!(response.field("retry-after").is_some());
        refused.expect_end();
    }
    for client in &mut held {
        assert_eq!(client.get("/").text(), "ok", "those who are in are not disturbed");
    }
    held.pop();
    // When the gateway has noticed, the next is let in.
    let mut next = Client::connect(&gateway);
    while next.request_or_gone("/").is_none_or(|response| response.status() == 503) {
        next = Client::connect(&gateway);
    }
    assert_eq!(next.get("/").text(), "ok");
}
