//! A request in flight is finished by the configuration that it began with.

use crate::harness::{Client, Config, Gate, Gateway, Upstream};

#[test]
fn in_flight_keeps_its_own() {
    let gate = Gate::new();
    let may_answer = gate.clone();
    let old = Upstream::run(move |peer| {
        while peer.request().is_some() {
            may_answer.pass();
            peer.answer("old");
        }
    });
    let new = Upstream::saying("new");
    let marked = |upstream: &Upstream, mark: &str| {
        Config::to(upstream).route(&format!("response_headers = {{ set = {{ x-mark = \"{mark}\" }} }}"))
    };
    let gateway = Gateway::start(&marked(&old, "before"));
    let (mut slow, mut other) = (Client::connect(&gateway), Client::connect(&gateway));
    slow.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    old.seen();
    gateway.rewrite(&marked(&new, "after").text());
    assert_eq!(gateway.admin("POST", "/api/reload").status(), 200);
    gateway.wait_for_generation(2);
    let response = other.get("/");
    assert_eq!((response.text(), response.field("x-mark")), ("new", Some("after")));
    gate.open();
    let response = slow.response();
    assert_eq!((response.text(), response.field("x-mark")), ("old", Some("before")));
    // The next request of the same connection is a new exchange.
    let response = slow.get("/");
    assert_eq!((response.text(), response.field("x-mark")), ("new", Some("after")));
}
