//! What waits is let through first in, first out.

use crate::harness::{Client, Config, Gate, Gateway, Upstream};

#[test]
fn in_order() {
    let gate = Gate::new();
    let may_answer = gate.clone();
    let upstream = Upstream::run(move |peer| {
        while let Some(request) = peer.request() {
            may_answer.pass();
            peer.answer(request.target());
        }
    });
    let config = Config::to(&upstream).upstream("max_in_flight = 1\nqueue = { max = 8, timeout = \"20s\" }");
    let gateway = Gateway::start(&config);
    let mut clients: Vec<Client> = (0..6).map(|_| Client::connect(&gateway)).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.send(format!("GET /{number} HTTP/1.1\r\nHost: h\r\n\r\n"));
        gateway.wait_for_metric("supplex_upstream_waiting{upstream=\"up\"}", number as f64);
        if number == 0 {
            assert_eq!(upstream.seen().message.target(), "/0");
        }
    }
    assert_eq!(upstream.seen_so_far().len(), 0, "one at a time");
    gate.open();
    for (number, client) in clients.iter_mut().enumerate() {
        assert_eq!(client.response().text(), format!("/{number}"));
    }
    let order: Vec<_> = upstream.seen_so_far().iter().map(|seen| seen.message.target().to_owned()).collect();
    assert_eq!(order, ["/1", "/2", "/3", "/4", "/5"]);
}
