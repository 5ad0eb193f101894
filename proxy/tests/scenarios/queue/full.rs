//! When nobody more may wait, the next is refused at once with `upstream.busy`; who waits too long is refused with
//! `upstream.queue_timeout`.

use crate::harness::{Client, Config, Gate, Gateway, Upstream, assert_problem};

fn stuck(gate: &Gate) -> Upstream {
    let may_answer = gate.clone();
    Upstream::run(move |peer| {
        while peer.request().is_some() {
            may_answer.pass();
            peer.answer("ok");
        }
    })
}

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

#[test]
fn the_next_is_refused_at_once() {
    let gate = Gate::new();
    let upstream = stuck(&gate);
    let config = Config::to(&upstream).upstream("max_in_flight = 1\nqueue = { max = 1, timeout = \"20s\" }");
    let gateway = Gateway::start(&config);
    let mut clients: Vec<Client> = (0..2).map(|_| Client::connect(&gateway)).collect();
    clients[0].send(GET);
    upstream.seen();
    clients[1].send(GET);
    gateway.wait_for_metric("supplex_upstream_waiting{upstream=\"up\"}", 1.0);
    let response = Client::connect(&gateway).request(GET);
    assert_problem(&response, 503, "upstream.busy");
    assert_eq!(response.field("retry-after"), Some("1"));
    gate.open();
    for client in &mut clients {
        assert_eq!(client.response().text(), "ok");
    }
}

#[test]
fn who_waits_too_long_is_refused() {
    let gate = Gate::new();
    let upstream = stuck(&gate);
    let config = Config::to(&upstream).upstream("max_in_flight = 1\nqueue = { max = 4, timeout = \"50ms\" }");
    let gateway = Gateway::start(&config);
    let mut first = Client::connect(&gateway);
    first.send(GET);
    upstream.seen();
    let mut second = Client::connect(&gateway);
    let response = second.request(GET);
    assert_problem(&response, 503, "upstream.queue_timeout");
    assert_eq!((response.field("retry-after"), response.field("connection")), (Some("1"), None));
    gate.open();
    assert_eq!(first.response().text(), "ok");
    assert_eq!(second.request(GET).text(), "ok");
    assert_eq!(upstream.seen_so_far().len(), 1, "what was refused was not sent");
}
