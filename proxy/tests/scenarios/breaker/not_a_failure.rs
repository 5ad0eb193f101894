//! What is not the endpoint's doing never opens its breaker: 4xx and 500, clients that leave or are slow, pooled
//! connections that were closed. Each breaker here opens at the first real failure, which is the last thing that happens.

use super::{Patient, guarded, told};
use crate::harness::{Client, Gate, Gateway, Upstream, assert_problem, wait_for};

/// Opens at one failure in a hundred.
const TOUCHY: [&str; 3] = ["min_requests = 1", "error_ratio = 0.01", "open_for = \"1h\""];

fn assert_opens_now(gateway: &Gateway, client: &mut Client, target: &str) {
    assert_eq!(told(gateway, 0)["state"], "closed");
    assert_eq!(client.get(target).status(), 503);
    assert_problem(&client.get(target), 503, "breaker.open");
    assert_eq!(told(gateway, 0)["state"], "open");
}

#[test]
fn answers_that_say_who_is_to_blame() {
    let patient = Patient::new(200);
    let gateway = Gateway::start(&guarded(&[patient.upstream.address()], &TOUCHY));
    let mut client = Client::connect(&gateway);
    for status in [400, 401, 404, 409, 429, 499, 500, 501, 505] {
        patient.set(status);
        for _ in 0..3 {
            assert_eq!(client.get("/").status(), status);
        }
    }
    patient.set(503);
    assert_opens_now(&gateway, &mut client, "/");
}

#[test]
fn clients_that_leave() {
    let gate = Gate::new();
    let may_end = gate.clone();
    let upstream = Upstream::run(move |peer| {
        while let Some(request) = peer.request() {
            if request.target() == "/sick" {
                peer.send("HTTP/1.1 503 Sick\r\nContent-Length: 0\r\n\r\n");
                continue;
            }
            may_end.pass();
            return;
        }
    });
    let gateway = Gateway::start(&guarded(&[upstream.address()], &TOUCHY));
    for _ in 0..5 {
        let mut client = Client::connect(&gateway);
        client.send("GET /stuck HTTP/1.1\r\nHost: h\r\n\r\n");
        upstream.seen();
        client.reset();
    }
    let labels = format!("endpoint=\"{}\",result=\"cancelled\",upstream=\"up\"", upstream.address());
    gateway.wait_for_metric(&format!("supplex_upstream_requests_total{{{labels}}}"), 5.0);
    assert_opens_now(&gateway, &mut Client::connect(&gateway), "/sick");
    gate.open();
}

#[test]
fn clients_that_take_all_the_time_there_is() {
    let upstream = Upstream::run(|peer| {
        while let Some(head) = peer.request_head() {
            if head.target() == "/sick" {
                peer.send("HTTP/1.1 503 Sick\r\nContent-Length: 0\r\n\r\n");
            } else {
                peer.expect_gone();
                return;
            }
        }
    });
    let config = guarded(&[upstream.address()], &TOUCHY).route("timeout = \"200ms\"");
    let gateway = Gateway::start(&config);
    for _ in 0..3 {
        let mut client = Client::connect(&gateway);
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
        assert_problem(&client.response(), 504, "upstream.timeout");
    }
    assert_opens_now(&gateway, &mut Client::connect(&gateway), "/sick");
}

#[test]
fn pooled_connections_that_were_closed() {
    let upstream = Upstream::run(|peer| {
        // Closes at the second request, which the gateway repeats on a new connection.
        if let Some(request) = peer.request() {
            if request.target() == "/sick" {
                peer.send("HTTP/1.1 503 Sick\r\nContent-Length: 0\r\n\r\n");
            } else {
                peer.answer("first");
            }
            peer.request();
        }
    });
    let gateway = Gateway::start(&guarded(&[upstream.address()], &TOUCHY));
    let mut client = Client::connect(&gateway);
    for _ in 0..10 {
        assert_eq!(client.get("/").text(), "first");
    }
    wait_for("a repeated request", || {
        let retried = gateway.metric("supplex_retries_total{result=\"success\",upstream=\"up\"}");
        (retried > Some(0.0)).then_some(())
    });
    assert_opens_now(&gateway, &mut client, "/sick");
}
