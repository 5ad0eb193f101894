//! An upstream with `max_in_flight` gets no more than that: the next request is refused at once with `upstream.busy`.

use crate::harness::{Client, Config, Gate, Gateway, Upstream, assert_problem};

#[test]
fn max_in_flight() {
    let gate = Gate::new();
    let may_answer = gate.clone();
    let upstream = Upstream::run(move |peer| {
        while peer.request().is_some() {
            may_answer.pass();
            peer.answer("ok");
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream).upstream("max_in_flight = 2"));
    let mut first: Vec<Client> = (0..2).map(|_| Client::connect(&gateway)).collect();
    for client in &mut first {
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        upstream.seen();
    }
    let mut third = Client::connect(&gateway);
    for _ in 0..3 {
        let response = third.get("/");
        assert_problem(&response, 503, "upstream.busy");
        assert!(response.field("retry-after").is_some());
        assert_eq!(response.field("connection"), None, "the client may try again on its connection");
    }
    gate.open();
    for client in &mut first {
        assert_eq!(client.response().text(), "ok");
    }
    assert_eq!(third.get("/").text(), "ok");
    assert_eq!(upstream.seen_so_far().len(), 1, "the refused ones were not forwarded");
}
