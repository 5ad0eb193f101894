//! A client that leaves while its request waits frees its place, and the request is never sent.

use crate::harness::{Client, Config, Gate, Gateway, Upstream};

#[test]
fn client_leaves() {
    let gate = Gate::new();
    let may_answer = gate.clone();
    let upstream = Upstream::run(move |peer| {
        while let Some(request) = peer.request() {
            may_answer.pass();
            peer.answer(request.target());
        }
    });
    let config = Config::to(&upstream).upstream("max_in_flight = 1\nqueue = { max = 1, timeout = \"20s\" }");
    let gateway = Gateway::start(&config);
    let waiting = |number: f64| gateway.wait_for_metric("supplex_upstream_waiting{upstream=\"up\"}", number);
    let mut first = Client::connect(&gateway);
    first.send("GET /first HTTP/1.1\r\nHost: h\r\n\r\n");
    upstream.seen();
    let mut leaving = Client::connect(&gateway);
    leaving.send("GET /leaving HTTP/1.1\r\nHost: h\r\n\r\n");
    waiting(1.0);
    leaving.reset();
    waiting(0.0);
    let mut next = Client::connect(&gateway);
    next.send("GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
    waiting(1.0);
    gate.open();
    assert_eq!(first.response().text(), "/first");
    assert_eq!(next.response().text(), "/next");
    let seen: Vec<_> = upstream.seen_so_far().iter().map(|seen| seen.message.target().to_owned()).collect();
    assert_eq!(seen, ["/next"]);
}
