//! A route may have something else to give when every endpoint is left alone; the response says that it stands in.

use super::{Patient, guarded};
use crate::harness::{Client, Config, Gateway, Upstream, assert_problem};

const INSTEAD: &str = "supplex; error=destination_unavailable; details=\"breaker.open\"";

#[test]
fn a_fixed_reply() {
    let sick = Patient::new(503);
    let fallback = "fallback = { status = 200, body = \"[]\", content_type = \"application/json\" }";
    let config = guarded(&[sick.upstream.address()], &["min_requests = 2", "open_for = \"1h\""]).route(fallback);
    let gateway = Gateway::start(&config);
    let mut client = Client::connect(&gateway);
    for _ in 0..2 {
        assert_eq!(client.get("/").text(), "told", "a failure that was forwarded is no refusal");
    }
    for _ in 0..3 {
        let reply = client.get("/");
        assert_eq!((reply.status(), reply.text()), (200, "[]"));
        assert_eq!(reply.field("content-type"), Some("application/json"));
        assert_eq!(reply.field("proxy-status"), Some(INSTEAD));
        assert!(reply.field("x-request-id").is_some());
    }
    client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(client.response_to_head().field("content-length"), Some("2"));
    assert_eq!(sick.hits(), 2);
    gateway.wait_for_metric("supplex_local_replies_total{reason=\"breaker.open\"}", 4.0);
}

#[test]
fn another_upstream() {
    let (sick, other) = (Patient::new(503), Upstream::echoing());
    let gateway = Gateway::start(&Config::of(&format!(
        "[[routes]]\nname = \"all\"\nmatch = {{ prefix = \"/\" }}\nupstream = \"up\"\nfallback = {{ upstream = \"other\" }}\n\
         [upstreams.other]\nendpoints = [\"{}\"]\n[upstreams.up]\nendpoints = [\"{}\"]\n\
         [upstreams.up.breaker]\nmin_requests = 2\nopen_for = \"1h\"\n",
        other.address(),
        sick.upstream.address()
    )));
    let mut client = Client::connect(&gateway);
    for _ in 0..2 {
        assert_eq!(client.get("/").text(), "told");
    }
    for _ in 0..3 {
        let reply = client.request("POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
        assert_eq!((reply.status(), reply.text()), (200, "0 POST /a?b body"));
        assert_eq!(reply.field("proxy-status"), Some(INSTEAD));
    }
    assert_eq!(sick.hits(), 2);
    assert_eq!(gateway.metric("supplex_local_replies_total{reason=\"breaker.open\"}"), Some(0.0));
}

#[test]
fn that_is_left_alone_as_well_is_none() {
    let sick = Patient::new(503);
    let gateway = Gateway::start(&Config::of(&format!(
        "[[routes]]\nname = \"all\"\nmatch = {{ prefix = \"/\" }}\nupstream = \"up\"\nfallback = {{ upstream = \"other\" }}\n\
         [upstreams.up]\nendpoints = [\"{0}\"]\n[upstreams.up.breaker]\nmin_requests = 2\nopen_for = \"1h\"\n\
         [upstreams.other]\nendpoints = [\"{0}\"]\n[upstreams.other.breaker]\nmin_requests = 1\nopen_for = \"1h\"\n",
        sick.upstream.address()
    )));
    let mut client = Client::connect(&gateway);
    for _ in 0..3 {
        assert_eq!(client.get("/").text(), "told");
    }
    assert_problem(&client.get("/"), 503, "breaker.open");
    assert_eq!(sick.hits(), 3, "two by the one and one by the other");
}
