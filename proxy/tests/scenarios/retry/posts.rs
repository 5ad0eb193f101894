//! A request that is not idempotent is sent once, unless it has an `Idempotency-Key` and the route says that this is
//! enough.

use crate::harness::{Client, Config, Gateway, Upstream};

/// Answers 503, then 200 with the number of the request.
fn failing_first() -> Upstream {
    Upstream::run(|peer| {
        let mut number = 0;
        while let Some(request) = peer.request() {
            match number % 2 {
                0 => peer.send("HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n"),
                _ => peer.answer(request.text()),
            }
            number += 1;
        }
    })
}

fn post(key: &str) -> String {
    format!("POST /order HTTP/1.1\r\nHost: h\r\n{key}Content-Length: 4\r\n\r\nbody")
}

#[test]
fn a_post_is_sent_once() {
    for (retries, key) in [
        ("retries = {}", ""),
        ("retries = {}", "Idempotency-Key: k1\r\n"),
        ("retries = { post_with_idempotency_key = true }", ""),
        ("retries = { post_with_idempotency_key = true }", "Idempotency-Key:\r\n"),
    ] {
        let upstream = failing_first();
        let gateway = Gateway::start(&Config::to(&upstream).route(retries));
        assert_eq!(Client::connect(&gateway).request(post(key)).status(), 503, "{retries} {key}");
        assert_eq!(upstream.seen_so_far().len(), 1);
    }
}

#[test]
fn a_post_with_a_key_is_sent_again_with_its_body() {
    let upstream = failing_first();
    let config = Config::to(&upstream).route("retries = { post_with_idempotency_key = true }");
    let gateway = Gateway::start(&config);
    let response = Client::connect(&gateway).request(post("Idempotency-Key: k1\r\n"));
    assert_eq!((response.status(), response.text()), (200, "body"));
    let seen = upstream.seen_so_far();
    let keys: Vec<_> = seen.iter().map(|seen| seen.message.field("idempotency-key")).collect();
    assert_eq!(keys, [Some("k1"), Some("k1")]);
}

#[test]
fn a_body_that_does_not_come_with_its_head_is_not_kept() {
    let upstream = failing_first();
    let gateway = Gateway::start(&Config::to(&upstream).route("retries = {}"));
    let mut client = Client::connect(&gateway);
    let body = vec![b'x'; 200_000];
    client.send(format!("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", body.len()));
    client.send(body);
    assert_eq!(client.response().status(), 503);
    assert_eq!(upstream.seen_so_far().len(), 1);
}
