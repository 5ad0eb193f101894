//! A response that lasts until its connection closes is passed on as such.

use crate::harness::{Client, Config, Gateway, Pattern, Upstream};

#[test]
fn until_close() {
    let upstream = Upstream::run(|peer| {
        let Some(request) = peer.request() else { return };
        let length: usize = request.target()[1..].parse().expect("the target is the length");
        peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
        peer.send(Pattern::new().take(length));
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    for length in [0, 1, 1_000_000] {
        let mut client = Client::connect(&gateway);
        let response = client.get(&format!("/{length}"));
        assert_eq!(response.field("connection"), Some("close"));
        assert_eq!(response.body.len(), length);
        Pattern::new().check(&response.body);
    }
}
