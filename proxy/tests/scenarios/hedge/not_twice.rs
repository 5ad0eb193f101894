//! What may not be made twice, or has nowhere else to go, is not: a POST, a body that is still coming, and a request to an
//! upstream with one endpoint.

use super::{hedging, waiting};
use crate::harness::{Client, Config, Gate, Gateway, Upstream, wait_for};

/// Waits until so many requests were sent, to whichever endpoint.
fn sent(endpoints: &[&Upstream], number: usize) -> Vec<String> {
    let mut sent = Vec::new();
    wait_for("the requests", || {
        for seen in endpoints.iter().flat_map(|upstream| upstream.seen_so_far()) {
            sent.push(format!("{} {}", seen.message.start, seen.message.text()));
        }
        (sent.len() >= number).then_some(())
    });
    sent.sort_unstable();
    sent
}

#[test]
fn only_what_is_idempotent_and_whole_is_sent_twice() {
    let gate = Gate::new();
    let (one, other) = (waiting("ok", &gate), waiting("ok", &gate));
    let gateway = Gateway::start(&hedging(&[&one, &other]));
    let requests = [
        "POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody",
        "PATCH /patch HTTP/1.1\r\nHost: h\r\n\r\n",
        "PUT /whole HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody",
        "DELETE /delete HTTP/1.1\r\nHost: h\r\n\r\n",
    ];
    let mut clients: Vec<_> = requests.iter().map(|_| Client::connect(&gateway)).collect();
    for (client, request) in clients.iter_mut().zip(requests) {
        client.send(request);
    }
    // It comes after all others and is sent twice: by then their time has passed.
    let mut last = Client::connect(&gateway);
    last.send("GET /last HTTP/1.1\r\nHost: h\r\n\r\n");
    let sent_so_far = sent(&[&one, &other], 8);
    let wanted = [
        "DELETE /delete HTTP/1.1 ",
        "DELETE /delete HTTP/1.1 ",
        "GET /last HTTP/1.1 ",
        "GET /last HTTP/1.1 ",
        "PATCH /patch HTTP/1.1 ",
        "POST /post HTTP/1.1 body",
        "PUT /whole HTTP/1.1 body",
        "PUT /whole HTTP/1.1 body",
    ];
    assert_eq!(sent_so_far, wanted);
    gate.open();
    assert_eq!(last.response().text(), "ok");
    for client in &mut clients {
        assert_eq!(client.response().text(), "ok");
    }
    assert_eq!(sent(&[&one, &other], 0), [""; 0]);
}

#[test]
fn one_endpoint_is_asked_once() {
    let gate = Gate::new();
    let (alone, one, other) = (waiting("ok", &gate), waiting("ok", &gate), waiting("ok", &gate));
    let route = |name: &str, path: &str| {
        format!(
            "[[routes]]\nname = \"{name}\"\nmatch = {{ prefix = \"{path}\" }}\nupstream = \"{name}\"\n\
             hedge = {{ after = \"20ms\" }}\n"
        )
    };
    let upstream = |name: &str, endpoints: &[String]| format!("[upstreams.{name}]\nendpoints = {endpoints:?}\n");
    let gateway = Gateway::start(&Config::of(
        &[
            route("alone", "/alone"),
            route("up", "/"),
            upstream("alone", &[alone.address()]),
            upstream("up", &[one.address(), other.address()]),
        ]
        .concat(),
    ));
    let mut client = Client::connect(&gateway);
    client.send("GET /alone HTTP/1.1\r\nHost: h\r\n\r\n");
    alone.seen();
    let mut last = Client::connect(&gateway);
    last.send("GET /last HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(sent(&[&one, &other], 2), ["GET /last HTTP/1.1 "; 2]);
    assert!(alone.seen_so_far().is_empty());
    gate.open();
    assert_eq!(client.response().text(), "ok");
    assert_eq!(last.response().text(), "ok");
}
