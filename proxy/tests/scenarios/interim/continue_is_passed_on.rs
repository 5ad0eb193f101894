//! `Expect: 100-continue` goes to the upstream, and its 100 comes back, before any of the body.

use crate::harness::{Client, Config, Gateway, Kind, Upstream};

#[test]
fn continue_is_passed_on() {
    let upstream = Upstream::run(|peer| {
        while let Some(mut request) = peer.request_head() {
            assert_eq!(request.field("expect"), Some("100-continue"));
            peer.send("HTTP/1.1 100 Continue\r\n\r\n");
            peer.body(&mut request, Kind::Request);
            peer.answer(&format!("got {}", request.text()));
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for _ in 0..3 {
        let interim = client.request("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        assert_eq!(interim.status(), 100);
        assert!(interim.fields.is_empty(), "{:?}", interim.fields);
        let response = client.request("hello");
        assert_eq!(response.text(), "got hello");
        assert_eq!(response.field("connection"), None);
    }
    assert_eq!(upstream.connections(), 1);
}
