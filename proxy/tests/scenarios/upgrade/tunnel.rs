//! After a 101 bytes go both ways untouched, whatever they are, the first ones right behind the head included.

use super::{ASK, CONSENT};
use crate::harness::{Client, Config, Gateway, Pattern, Upstream};

#[test]
fn tunnel() {
    let upstream = Upstream::run(|peer| {
        while let Some(request) = peer.request_head() {
            assert_eq!(request.field("connection").map(str::to_lowercase).as_deref(), Some("upgrade"));
            assert_eq!(request.field("upgrade"), Some("websocket"));
            assert_eq!(request.field("sec-websocket-version"), Some("13"));
            peer.send(format!("{CONSENT}\x02first"));
            peer.expect("\x01\r\n\r\nGET / HTTP/1.1\r\n\r\n");
            peer.send("HTTP/1.1 500 not for the gateway\r\n\r\n");
            Pattern::new().check(&peer.exactly(1_000_000));
            peer.send(Pattern::new().take(1_000_000));
            peer.expect_end();
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let response = client.request(ASK);
    assert_eq!(response.status(), 101);
    assert_eq!(response.field("connection").map(str::to_lowercase).as_deref(), Some("upgrade"));
    assert_eq!(response.field("upgrade"), Some("websocket"));
    assert_eq!(response.field("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    client.expect("\x02first");
    client.send("\x01\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    client.expect("HTTP/1.1 500 not for the gateway\r\n\r\n");
    client.send(Pattern::new().take(1_000_000));
    Pattern::new().check(&client.exactly(1_000_000));
    client.finish();
    client.expect_end();
}
