//! What the gateway says of a client in the head, a client cannot say behind its body.

use std::sync::mpsc::channel;

use super::config;
use super::issuer::{Issuer, Server};
use crate::harness::{Client, GUARD, Gateway, Upstream, assert_problem};

/// A request in two parts: the second is the trailers and the end.
fn request(token: &str, trailer: &str) -> [String; 2] {
    let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n";
    let begin = format!("{head}Authorization: Bearer {token}\r\n\r\n5\r\nhello\r\n");
    [begin, format!("0\r\nDigest: abc\r\n{trailer}: root\r\n\r\n")]
}

const VOUCHED_FOR: [&str; 4] = ["x-user-id", "X-User-Id", "x_user_id", "X-USER-ROLE"];

#[test]
fn a_trailer_named_like_a_field_of_the_gateway_is_refused_and_others_pass() {
    let issuer = Issuer::new("k1");
    let (server, upstream) = (Server::of(&[&issuer]), Upstream::saying("ok"));
    let gateway = Gateway::start(&config(&upstream, &server.url(), "\"users\""));
    let token = issuer.token("user-7");
    for trailer in VOUCHED_FOR {
        let mut client = Client::connect(&gateway);
        assert_problem(&client.request(request(&token, trailer).concat()), 400, "request.malformed");
        client.expect_end();
    }
    assert_eq!(upstream.connections(), 0, "nothing of it was forwarded");
    assert_eq!(Client::connect(&gateway).request(request(&token, "x-user-idea").concat()).status(), 200);
    let seen = upstream.seen().message;
    let names: Vec<&str> = seen.trailers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Digest", "x-user-idea"]);
    assert_eq!(seen.all("x-user-id"), ["user-7"]);
}

#[test]
fn also_when_it_comes_after_the_head_was_forwarded_and_in_pieces() {
    let (reached, reach) = channel();
    let upstream = Upstream::run(move |peer| {
        if peer.request_head().is_some() {
            peer.expect("5\r\nhello\r\n");
            reached.send(None).expect("the scenario waits for it");
            reached.send(Some(peer.expect_gone())).expect("the scenario waits for it");
        }
    });
    let issuer = Issuer::new("k1");
    let server = Server::of(&[&issuer]);
    let gateway = Gateway::start(&config(&upstream, &server.url(), "\"users\""));
    for (trailer, split) in VOUCHED_FOR.into_iter().zip([1000, 7, 2, 1]) {
        let [begin, end] = request(&issuer.token("user-7"), trailer);
        let mut client = Client::connect(&gateway);
        client.send(begin);
        assert_eq!(reach.recv_timeout(GUARD), Ok(None), "the body arrives");
        client.send_in(split, end);
        assert_problem(&client.response(), 400, "request.malformed");
        client.expect_end();
        let arrived = reach.recv_timeout(GUARD).expect("the upstream's connection is closed");
        let arrived = String::from_utf8(arrived.expect("and nothing else")).expect("text");
        assert!(!arrived.contains("root"), "{trailer} arrived as {arrived:?}");
    }
}

#[test]
fn where_nobody_vouches_for_it_a_trailer_is_like_any_other() {
    let upstream = Upstream::saying("ok");
    let gateway = Gateway::start(&crate::harness::Config::to(&upstream));
    assert_eq!(Client::connect(&gateway).request(request("t", "X-User-Id").concat()).status(), 200);
    assert_eq!(upstream.seen().message.trailers.len(), 2);
}
