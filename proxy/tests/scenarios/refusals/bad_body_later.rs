//! Chunks that break when the head is on its way already: the client is told, the upstream never sees a complete body.

use std::sync::mpsc::channel;

use crate::harness::{Client, Config, GUARD, Gateway, Upstream, assert_problem};

#[test]
fn bad_body_later() {
    let (reached, reach) = channel();
    let upstream = Upstream::run(move |peer| {
        if peer.request_head().is_some() {
            peer.expect("5\r\nhello\r\n");
            reached.send(None).expect("the scenario waits for it");
            reached.send(Some(peer.expect_gone())).expect("the scenario waits for it");
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    for bad in ["xyz\r\n", "5\r\nhelloX\r\n", "0\r\nbad trailer\r\n\r\n", "0\r\nContent-Length: 5\r\n\r\n", "5\nhello"]
    {
        let mut client = Client::connect(&gateway);
        client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        assert_eq!(reach.recv_timeout(GUARD), Ok(None), "the good part arrives");
        client.send(bad);
        assert_problem(&client.response(), 400, "request.malformed");
        client.expect_end();
        let arrived =
            reach.recv_timeout(GUARD).expect("the upstream's connection is closed").expect("and nothing else");
        assert!(!String::from_utf8_lossy(&arrived).contains("\r\n\r\n"), "{bad:?} arrived as {arrived:?}");
    }
}
