//! Responses that cannot be trusted: 502 with `upstream.malformed`, and never again a request on that connection.

use crate::harness::{Client, Config, Gateway, Upstream, assert_problem};

const MALFORMED: &[&str] = &[
    "garbage\r\n\r\n",
    "HTTP/1.1 2000 OK\r\n\r\n",
    "HTTP/1.1 099 OK\r\n\r\n",
    "HTTP/1.1 600 OK\r\n\r\n",
    "HTTP/2.0 200 OK\r\n\r\n",
    "ICY 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\n\r\nok",
    "HTTP/1.1 200 OK\r\nNo colon\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
];

#[test]
fn malformed_heads() {
    let upstream = Upstream::run(|peer| {
        while let Some(request) = peer.request() {
            let number: usize = request.target()[1..].parse().expect("the target is the number of the response");
            peer.send(MALFORMED[number]);
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for (number, malformed) in MALFORMED.iter().enumerate() {
        println!("{malformed:?}");
        assert_problem(&client.get(&format!("/{number}")), 502, "upstream.malformed");
        assert_eq!(upstream.seen().connection, number);
    }
}

#[test]
fn a_head_without_end() {
    let upstream = Upstream::run(|peer| {
        if peer.request().is_some() {
            peer.send("HTTP/1.1 200 OK\r\n");
            while peer.try_send(format!("A: {}\r\n", "a".repeat(1000))).is_ok() {}
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    assert_problem(&client.get("/"), 502, "upstream.malformed");
}

#[test]
fn interim_responses_without_end() {
    let upstream = Upstream::run(|peer| {
        if peer.request().is_some() {
            while peer.try_send("HTTP/1.1 102 Processing\r\n\r\n").is_ok() {}
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let mut response = client.get("/");
    while response.status() == 102 {
        response = client.response();
    }
    assert_problem(&response, 502, "upstream.malformed");
}
