//! Heads that do not come to their end in time.

use crate::harness::{Client, Config, Gateway, Upstream, assert_problem};

fn impatient(upstream: &Upstream) -> Gateway {
    Gateway::start(&Config::to(upstream).listener("header_timeout = \"150ms\"").listener("idle_timeout = \"300ms\""))
}

#[test]
fn a_head_that_stops() {
    let upstream = Upstream::saying("forwarded");
    let gateway = impatient(&upstream);
    let mut client = Client::connect(&gateway);
    assert_eq!(client.get("/").text(), "forwarded");
    for begun in ["G", "GET / HTTP/1.1\r\nHost: h\r\n", "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n\r"] {
        let mut client = Client::connect(&gateway);
        client.send(begun);
        assert_problem(&client.response(), 408, "request.header_timeout");
        client.expect_end();
    }
    assert_eq!(upstream.seen_so_far().len(), 1);
}

#[test]
fn a_head_that_trickles() {
    let upstream = Upstream::saying("forwarded");
    let gateway = impatient(&upstream);
    let mut client = Client::connect(&gateway);
    client.send("GET / HTTP/1.1\r\nHost: h\r\nA: ");
    // Each byte in time does not buy more: the limit is for the whole head.
    let trickled = (0..10_000).take_while(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        client.try_send("a").is_ok()
    });
    assert!(trickled.count() < 10_000, "the head was waited for without end");
    let answered = client.expect_gone();
    assert!(answered.starts_with(b"HTTP/1.1 408 ") || answered.is_empty(), "a reset may overtake the answer");
}

#[test]
fn silence_ends_without_a_word() {
    let upstream = Upstream::saying("forwarded");
    let gateway = impatient(&upstream);
    let mut silent = Client::connect(&gateway);
    silent.expect_end();
    let mut idle = Client::connect(&gateway);
    assert_eq!(idle.get("/").text(), "forwarded");
    idle.expect_end();
}

#[test]
fn a_body_that_stops() {
    let upstream = Upstream::run(|peer| {
        if peer.request_head().is_some() {
            assert_eq!(peer.expect_gone(), b"half");
        }
    });
    let gateway = impatient(&upstream);
    let mut client = Client::connect(&gateway);
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf");
    assert_problem(&client.response(), 408, "request.body_timeout");
    client.expect_end();
}
