//! A body of known length is passed on as it comes: each piece arrives before the next is sent.

use std::sync::mpsc::{channel, sync_channel};

use crate::harness::{Client, Config, GUARD, Gateway, Upstream};

const PIECES: [&str; 6] = ["a", "bc", "defghijklmnop", "q", "rstu", "vwxyz"];

#[test]
fn up() {
    let (arrived, arrivals) = channel();
    let upstream = Upstream::run(move |peer| {
        let Some(head) = peer.request_head() else { return };
        assert_eq!(head.field("content-length"), Some("26"));
        assert_eq!(head.field("transfer-encoding"), None);
        for piece in PIECES {
            peer.expect(piece);
            arrived.send(()).expect("the scenario waits for it");
        }
        peer.answer("all there");
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 26\r\n\r\n");
    for piece in PIECES {
        client.send(piece);
        arrivals.recv_timeout(GUARD).expect("the piece arrives while the rest is not sent");
    }
    assert_eq!(client.response().text(), "all there");
}

#[test]
fn down() {
    let (next, piece) = sync_channel::<()>(1);
    let piece = std::sync::Mutex::new(piece);
    let upstream = Upstream::run(move |peer| {
        if peer.request().is_none() {
            return;
        }
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n");
        for text in PIECES {
            peer.send(text);
            let piece = piece.lock().expect("one connection");
            piece.recv_timeout(GUARD).expect("the client has it before the next is sent");
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    let head = client.head().expect("a head");
    assert_eq!(head.field("content-length"), Some("26"));
    for text in PIECES {
        client.expect(text);
        next.send(()).expect("the upstream waits for it");
    }
}
