//! `least_request` keeps away from an endpoint that does not get done.

use std::collections::HashSet;

use crate::harness::{Client, Config, Gate, Gateway, Upstream};

fn sticking(name: &'static str, gate: &Gate) -> Upstream {
    let gate = gate.clone();
    Upstream::run(move |peer| {
        while let Some(request) = peer.request() {
            if request.target() == "/stuck" {
                gate.pass();
            }
            peer.answer(name);
        }
    })
}

#[test]
fn least_request() {
    let gate = Gate::new();
    let upstreams = [sticking("a", &gate), sticking("b", &gate)];
    let addresses = upstreams.each_ref().map(Upstream::address);
    let gateway = Gateway::start(&Config::to_endpoints(&addresses).upstream("balance = \"least_request\""));
    let mut stuck = Client::connect(&gateway);
    stuck.send("GET /stuck HTTP/1.1\r\nHost: h\r\n\r\n");
    // Whoever answers this has either not got the other, or has it behind it already.
    let mut client = Client::connect(&gateway);
    let answers: HashSet<String> = (0..50).map(|_| client.get("/").text().to_owned()).collect();
    assert_eq!(answers.len(), 1, "the endpoint with a request in flight is avoided");
    gate.open();
    let late = stuck.response();
    assert!(!answers.contains(late.text()), "the other one was stuck");
    let answers: HashSet<String> = (0..200).map(|_| client.get("/").text().to_owned()).collect();
    assert_eq!(answers.len(), 2, "both are good again");
}
