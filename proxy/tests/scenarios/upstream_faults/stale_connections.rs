//! A pooled connection that dies under a request may have been closing all along. What can be sent again without harm is
//! sent again, once, on a new connection.

use crate::harness::{Client, Config, Gateway, Upstream, assert_problem};

/// Connections answer one request and close when they get a second; those whose number is not below `good` close at once.
fn closing_under_the_second_request(good: usize) -> Upstream {
    Upstream::run(move |peer| {
        if peer.request().is_some() && peer.connection < good {
            peer.answer("ok");
            peer.request();
        }
    })
}

fn connections(upstream: &Upstream) -> Vec<usize> {
    upstream.seen_so_far().iter().map(|seen| seen.connection).collect()
}

#[test]
fn a_get_is_tried_again() {
    let upstream = closing_under_the_second_request(2);
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    assert_eq!(client.get("/1").text(), "ok");
    assert_eq!(client.get("/2").text(), "ok");
    assert_eq!(connections(&upstream), [0, 0, 1]);
}

#[test]
fn only_once() {
    let upstream = closing_under_the_second_request(1);
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    assert_eq!(client.get("/1").text(), "ok");
    assert_problem(&client.get("/2"), 502, "upstream.reset");
    assert_eq!(connections(&upstream), [0, 0, 1]);
}

#[test]
fn a_post_is_not() {
    for body in ["Content-Length: 2\r\n\r\nhi", "Content-Length: 0\r\n\r\n"] {
        let upstream = closing_under_the_second_request(2);
        let gateway = Gateway::start(&Config::to(&upstream));
        let mut client = Client::connect(&gateway);
        assert_eq!(client.get("/1").text(), "ok");
        let response = client.request(format!("POST /2 HTTP/1.1\r\nHost: h\r\n{body}"));
        assert_problem(&response, 502, "upstream.reset");
        assert_eq!(connections(&upstream), [0, 0]);
    }
}

#[test]
fn a_put_whose_body_is_gone_is_not() {
    let upstream = closing_under_the_second_request(2);
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    assert_eq!(client.get("/1").text(), "ok");
    let response = client.request("PUT /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    assert_problem(&response, 502, "upstream.reset");
    assert_eq!(connections(&upstream), [0, 0]);
}

#[test]
fn nor_is_what_was_answered_in_part() {
    let upstream = Upstream::run(|peer| {
        if peer.request().is_some() {
            peer.answer("ok");
            if peer.request().is_some() {
                peer.send("HTTP/1.1 ");
            }
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    assert_eq!(client.get("/1").text(), "ok");
    assert_problem(&client.get("/2"), 502, "upstream.reset");
    assert_eq!(connections(&upstream), [0, 0]);
}
