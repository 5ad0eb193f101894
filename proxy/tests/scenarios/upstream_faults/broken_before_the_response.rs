//! The connection to the upstream ends before a whole response head: 502 with `upstream.reset`.

use crate::harness::{Client, Config, Gateway, Peer, Upstream, assert_problem};

fn fails(script: impl Fn(&mut Peer) + Send + Sync + 'static) {
    let upstream = Upstream::run(move |peer| {
        if peer.request().is_some() {
            script(peer);
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for connection in 0..3 {
        let response = client.get("/");
        assert_problem(&response, 502, "upstream.reset");
        assert_eq!(response.field("connection"), None, "the client's connection goes on");
        assert_eq!(upstream.seen().connection, connection, "a new connection is not stale: no retry");
    }
}

#[test]
fn closed() {
    fails(|_| ());
}

#[test]
fn reset() {
    fails(Peer::reset);
}

#[test]
fn closed_within_the_head() {
    fails(|peer| peer.send("HTTP/1.1 200 OK\r\nContent-Le"));
}

#[test]
fn closed_behind_an_interim_response() {
    let upstream = Upstream::run(|peer| {
        if peer.request().is_some() {
            peer.send("HTTP/1.1 103 Early Hints\r\n\r\n");
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    assert_eq!(client.get("/").status(), 103);
    assert_problem(&client.response(), 502, "upstream.reset");
}
