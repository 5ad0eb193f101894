//! A client that leaves takes both attempts along, and neither is a failure.

use super::{attempts, hedges, hedging, waiting};
use crate::harness::{Client, Gate, Gateway};

#[test]
fn client_leaves() {
    let gate = Gate::new();
    let (one, other) = (waiting("ok", &gate), waiting("ok", &gate));
    let gateway = Gateway::start(&hedging(&[&one, &other]));
    let mut client = Client::connect(&gateway);
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    one.seen();
    other.seen();
    client.reset();
    gateway.wait_for_metric(&hedges("cancelled"), 1.0);
    for upstream in [&one, &other] {
        gateway.wait_for_metric(&attempts(upstream, "cancelled"), 1.0);
        let in_flight = format!("supplex_upstream_in_flight{{endpoint=\"{}\",upstream=\"up\"}}", upstream.address());
        gateway.wait_for_metric(&in_flight, 0.0);
    }
    gate.open();
}
