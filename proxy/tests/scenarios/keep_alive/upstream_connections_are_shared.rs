//! One client connection carries many requests, and one upstream connection serves many clients in turn.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn upstream_connections_are_shared() {
    let upstream = Upstream::echoing();
    let gateway = Gateway::start(&Config::to(&upstream));
    for _ in 0..3 {
        let mut client = Client::connect(&gateway);
        for number in 0..4 {
            let response = client.get(&format!("/{number}"));
            assert_eq!(response.text(), format!("0 GET /{number} "));
            assert_eq!(response.field("connection"), None);
        }
    }
    assert_eq!(upstream.connections(), 1);
}
