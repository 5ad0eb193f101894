//! A retry needs an endpoint whose breaker lets it through; where there is none, the client gets what there is.

use std::net::TcpListener;

use super::{Patient, guarded};
use crate::harness::{Client, Gateway, assert_problem};

const RETRIES: &str = "retries = { max = 3, backoff = \"1ms\" }";

#[test]
fn a_response_is_passed_on_when_no_other_attempt_can_be_made() {
    let sick = Patient::new(503);
    let lines = ["min_requests = 2", "open_for = \"1h\""];
    let gateway = Gateway::start(&guarded(&[sick.upstream.address()], &lines).route(RETRIES));
    let mut client = Client::connect(&gateway);
    let reply = client.get("/");
    assert_eq!((reply.status(), reply.text()), (503, "told"), "the second response opened the breaker");
    assert_eq!(sick.hits(), 2);
    assert_problem(&client.get("/"), 503, "breaker.open");
    assert_eq!(sick.hits(), 0);
}

#[test]
fn a_failure_is_passed_on_when_no_other_attempt_can_be_made() {
    let lines = ["connect_failures = 2", "open_for = \"1h\""];
    let held = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = held.local_addr().expect("an address").to_string();
    drop(held);
    let gateway = Gateway::start(&guarded(&[address], &lines).route(RETRIES));
    let mut client = Client::connect(&gateway);
    assert_problem(&client.get("/"), 502, "upstream.connect");
    assert_problem(&client.get("/"), 503, "breaker.open");
}

#[test]
fn a_retry_goes_where_the_breaker_is_closed() {
    let (sick, well) = (Patient::new(503), Patient::new(200));
    let lines = ["min_requests = 1", "open_for = \"1h\""];
    let addresses = [sick.upstream.address(), well.upstream.address()];
    let gateway = Gateway::start(&guarded(&addresses, &lines).route(RETRIES));
    let mut client = Client::connect(&gateway);
    for _ in 0..6 {
        assert_eq!(client.get("/").status(), 200);
    }
    assert_eq!((sick.hits(), well.hits()), (1, 6));
}
