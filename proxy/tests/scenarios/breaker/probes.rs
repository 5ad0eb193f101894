//! In half-open exactly `probes` requests reach the endpoint; when all of them succeeded, traffic returns.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{guarded, told, wait_for_probe};
use crate::harness::{Client, Gate, Gateway, Upstream, assert_problem};

fn exactly_so_many(workers: usize) {
    let (gate, well) = (Gate::new(), Arc::new(AtomicBool::new(false)));
    let (may_answer, is_well) = (gate.clone(), Arc::clone(&well));
    let upstream = Upstream::run(move |peer| {
        while peer.request().is_some() {
            if is_well.load(Ordering::SeqCst) {
                may_answer.pass();
                peer.answer("well");
            } else {
                peer.send("HTTP/1.1 502 Sick\r\nContent-Length: 0\r\n\r\n");
            }
        }
    });
    let lines = ["min_requests = 4", "probes = 3", "open_for = \"200ms\""];
    let config = guarded(&[upstream.address()], &lines).gateway(&format!("workers = {workers}"));
    let gateway = Gateway::start(&config);
    let mut clients: Vec<_> = (0..8).map(|_| Client::connect(&gateway)).collect();
    for client in &mut clients[..4] {
        assert_eq!(client.get("/").status(), 502);
    }
    assert_eq!(told(&gateway, 0)["state"], "open");
    assert_eq!(upstream.seen_so_far().len(), 4);

    well.store(true, Ordering::SeqCst);
    wait_for_probe(&gateway, 0);
    for client in &mut clients[..3] {
        client.send("GET /probe HTTP/1.1\r\nHost: h\r\n\r\n");
        upstream.seen();
    }
    for client in &mut clients[3..] {
        assert_problem(&client.get("/"), 503, "breaker.open");
    }
    let probes = &told(&gateway, 0)["probes"];
    assert_eq!((&probes["admitted"], &probes["succeeded"]), (&3.into(), &0.into()), "{probes}");
    assert!(upstream.seen_so_far().is_empty());

    gate.open();
    for client in &mut clients[..3] {
        assert_eq!(client.response().text(), "well");
    }
    assert_eq!(told(&gateway, 0)["state"], "closed");
    for client in &mut clients {
        assert_eq!(client.get("/").text(), "well");
    }
    let labels = format!("endpoint=\"{}\"", upstream.address());
    gateway.wait_for_metric(&format!("supplex_breaker_state{{{labels},upstream=\"up\"}}"), 0.0);
}

#[test]
fn of_one_worker() {
    exactly_so_many(1);
}

#[test]
fn of_two_workers() {
    exactly_so_many(2);
}

#[test]
fn a_probe_whose_client_leaves_gives_its_place_to_another() {
    let gate = Gate::new();
    let may_answer = gate.clone();
    let upstream = Upstream::run(move |peer| {
        while let Some(request) = peer.request() {
            match request.target() {
                "/sick" => peer.send("HTTP/1.1 503 Sick\r\nContent-Length: 0\r\n\r\n"),
                "/stuck" => {
                    may_answer.pass();
                    return;
                }
                _ => peer.answer("well"),
            }
        }
    });
    let lines = ["min_requests = 2", "probes = 1", "open_for = \"200ms\""];
    let gateway = Gateway::start(&guarded(&[upstream.address()], &lines));
    let mut client = Client::connect(&gateway);
    for _ in 0..2 {
        assert_eq!(client.get("/sick").status(), 503);
    }
    wait_for_probe(&gateway, 0);
    let mut leaving = Client::connect(&gateway);
    leaving.send("GET /stuck HTTP/1.1\r\nHost: h\r\n\r\n");
    while upstream.seen().message.target() != "/stuck" {}
    assert_problem(&client.get("/"), 503, "breaker.open");
    leaving.reset();
    // Once the gateway has noticed, the next one is the probe, and closes the breaker.
    crate::harness::wait_for("a place", || (client.get("/").status() == 200).then_some(()));
    assert_eq!(told(&gateway, 0)["state"], "closed");
    gate.open();
}
