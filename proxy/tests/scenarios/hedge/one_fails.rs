//! Of two attempts that are under way, one that fails leaves the exchange to the other; so does a response that the route
//! retries.

use super::{attempts, hedges, hedging, waiting};
use crate::harness::{Client, Gate, Gateway, Upstream};

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// Sends `bytes` once the gate is open, and closes.
fn sending(bytes: &'static str, gate: &Gate) -> Upstream {
    let may_answer = gate.clone();
    Upstream::run(move |peer| {
        if peer.request().is_some() {
            may_answer.pass();
            peer.send(bytes);
        }
    })
}

fn the_other_answers(bytes: &'static str, route: &str, result: &str) {
    let (sick_may, well_may) = (Gate::new(), Gate::new());
    let (sick, well) = (sending(bytes, &sick_may), waiting("well", &well_may));
    let gateway = Gateway::start(&hedging(&[&sick, &well]).route(route));
    let mut client = Client::connect(&gateway);
    client.send(GET);
    sick.seen();
    well.seen();
    sick_may.open();
    gateway.wait_for_metric(&attempts(&sick, result), 1.0);
    well_may.open();
    assert_eq!(client.response().text(), "well");
    assert!(well.seen_so_far().is_empty() && sick.seen_so_far().is_empty(), "each was asked once");
    // Whichever of the two was the second one.
    let counted = ["won", "failed"].map(|result| gateway.metric(&hedges(result)).expect("a metric"));
    assert!((counted.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{counted:?}");
}

#[test]
fn a_connection_that_breaks() {
    the_other_answers("", "", "reset");
}

#[test]
fn a_response_that_the_route_retries() {
    let sick = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nsick";
    the_other_answers(sick, "retries = { on = [\"503\"] }", "server_error");
}

#[test]
fn a_response_that_the_route_does_not_retry_is_the_answer() {
    let (sick_may, well_may) = (Gate::new(), Gate::new());
    let sick = sending("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nsick", &sick_may);
    let well = waiting("well", &well_may);
    let gateway = Gateway::start(&hedging(&[&sick, &well]));
    let mut client = Client::connect(&gateway);
    client.send(GET);
    sick.seen();
    well.seen();
    sick_may.open();
    let response = client.response();
    assert_eq!((response.status(), response.text()), (503, "sick"));
    gateway.wait_for_metric(&attempts(&well, "cancelled"), 1.0);
    well_may.open();
}
