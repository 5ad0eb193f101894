//! A 101 that nobody asked for is an upstream's mistake: 502, and its connection is not used again.

use super::CONSENT;
use crate::harness::{Client, Config, Gateway, Upstream, assert_problem};

#[test]
fn unasked() {
    let upstream = Upstream::answering(CONSENT);
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for connection in 0..2 {
        assert_problem(&client.get("/"), 502, "upstream.malformed");
        assert_eq!(upstream.seen().connection, connection);
    }
}
