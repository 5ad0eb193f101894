//! `X-Request-Deadline-Ms` tells each attempt how much time is left, and what is expired is not sent.

use std::thread;
use std::time::Duration;

use crate::harness::{Client, Config, Gateway, Upstream, assert_problem};

fn left(upstream: &Upstream) -> u64 {
    let message = upstream.seen().message;
    let value = message.field("x-request-deadline-ms").expect("every request has a deadline");
    value.parse().expect("a number")
}

#[test]
fn each_attempt_has_less_time() {
    let upstream = Upstream::run(|peer| {
        while let Some(request) = peer.request() {
            thread::sleep(Duration::from_millis(20));
            match request.field("x-request-deadline-ms").map(str::len) {
                Some(4) => peer.send("HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n"),
                _ => peer.answer(request.text()),
            }
        }
    });
    // The digits become fewer on the way, and the body behind them stays whole.
    let config = Config::to(&upstream).route("timeout = \"1010ms\"\nretries = { backoff = \"1ms\" }");
    let gateway = Gateway::start(&config);
    let response = Client::connect(&gateway).request("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
    let (first, second) = (left(&upstream), left(&upstream));
    assert!(first <= 1010 && second + 20 <= first, "{first}, then {second}");
    assert_eq!(response.text(), "body");
}

#[test]
fn a_clients_own_deadline_counts_only_from_a_trusted_proxy_and_only_to_shorten() {
    let asking = |millis: u64| format!("GET / HTTP/1.1\r\nHost: h\r\nX-Request-Deadline-Ms: {millis}\r\n\r\n");
    let upstream = Upstream::saying("ok");
    let config = || Config::to(&upstream).route("timeout = \"20s\"");
    let gateway = Gateway::start(&config());
    let mut client = Client::connect(&gateway);
    client.request(asking(0));
    assert!((10_000..=20_000).contains(&left(&upstream)), "a stranger's word");

    let trusting = Gateway::start(&config().gateway("trusted_proxies = [\"127.0.0.1\"]"));
    let mut client = Client::connect(&trusting);
    client.request(asking(9_000));
    assert!((1..=9_000).contains(&left(&upstream)));
    client.request(asking(99_000));
    assert!((10_000..=20_000).contains(&left(&upstream)));
    assert_problem(&client.request(asking(0)), 504, "upstream.timeout");
    assert_eq!(upstream.seen_so_far().len(), 0, "what is expired is not sent");
}
