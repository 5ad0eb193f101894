//! One probe that fails opens the breaker again, for longer.

use super::{Patient, guarded, told, wait_for_probe};
use crate::harness::{Client, Gateway};

#[test]
fn failing_probe() {
    let sick = Patient::new(502);
    let lines = ["min_requests = 2", "probes = 3", "open_for = \"2s\""];
    let gateway = Gateway::start(&guarded(&[sick.upstream.address()], &lines));
    let mut client = Client::connect(&gateway);
    for _ in 0..2 {
        assert_eq!(client.get("/").text(), "told");
    }
    assert_eq!(sick.hits(), 2);
    wait_for_probe(&gateway, 0);
    assert_eq!(client.get("/").text(), "told", "this is the probe");
    let told = told(&gateway, 0);
    assert_eq!((&told["state"], &told["cause"]), (&"open".into(), &"probe_failed".into()), "{told:#}");
    assert_eq!((&told["opened"], &told["opened_in_a_row"]), (&2.into(), &2.into()));
    let next = told["probes"]["next_in_seconds"].as_f64().expect("it tells when it probes");
    assert!(next > 2.2, "longer than the first time: {next}");
    assert_eq!(sick.hits(), 1);
}

#[test]
fn and_the_next_round_may_succeed() {
    let patient = Patient::new(502);
    let lines = ["min_requests = 2", "probes = 2", "open_for = \"100ms\""];
    let gateway = Gateway::start(&guarded(&[patient.upstream.address()], &lines));
    let mut client = Client::connect(&gateway);
    for _ in 0..2 {
        assert_eq!(client.get("/").text(), "told");
    }
    wait_for_probe(&gateway, 0);
    assert_eq!(client.get("/").status(), 502);
    patient.set(200);
    wait_for_probe(&gateway, 0);
    for _ in 0..20 {
        assert_eq!(client.get("/").status(), 200);
    }
    assert_eq!(told(&gateway, 0)["state"], "closed");
}
