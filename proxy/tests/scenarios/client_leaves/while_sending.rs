//! A client resets its connection within its body: the upstream sees an incomplete request end.

use std::sync::mpsc::channel;

use crate::harness::{Client, Config, GUARD, Gateway, Upstream};

#[test]
fn while_sending() {
    let (reached, reach) = channel();
    let upstream = Upstream::run(move |peer| {
        if peer.request_head().is_some() {
            peer.expect("5\r\nhello\r\n");
            reached.send(None).expect("the scenario waits for it");
            reached.send(Some(peer.expect_gone())).expect("the scenario waits for it");
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    for _ in 0..3 {
        let mut client = Client::connect(&gateway);
        client.send("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        assert_eq!(reach.recv_timeout(GUARD), Ok(None), "the beginning arrives");
        client.reset();
        assert_eq!(reach.recv_timeout(GUARD), Ok(Some(Vec::new())), "no end is made up, and nothing is tried again");
    }
}
