//! Either side of a tunnel may close its half; the other half goes on.

use super::{ASK, CONSENT};
use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn by_the_client() {
    let upstream = Upstream::run(|peer| {
        if peer.request_head().is_some() {
            peer.send(CONSENT);
            peer.expect("last words");
            peer.expect_end();
            peer.send("heard");
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    assert_eq!(client.request(ASK).status(), 101);
    client.send("last words");
    client.finish();
    client.expect("heard");
    client.expect_end();
}

#[test]
fn by_the_upstream() {
    let upstream = Upstream::run(|peer| {
        if peer.request_head().is_some() {
            peer.send(format!("{CONSENT}last words"));
            peer.finish();
            peer.expect("heard");
            peer.expect_end();
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    assert_eq!(client.request(ASK).status(), 101);
    client.expect("last words");
    client.expect_end();
    client.send("heard");
    client.finish();
    // The upstream's script checks that it arrives.
    assert_eq!(upstream.seen().connection, 0);
}

#[test]
fn a_reset_ends_both_halves() {
    let upstream = Upstream::run(|peer| {
        if peer.request_head().is_some() {
            peer.send(CONSENT);
            peer.expect("hello");
            peer.reset();
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    assert_eq!(client.request(ASK).status(), 101);
    client.send("hello");
    assert_eq!(client.expect_gone(), b"");
}
