//! A client that does not read makes the upstream's sends stall; when it reads, all of it comes.

use std::sync::mpsc::channel;

use crate::harness::{Client, Config, GUARD, Gateway, Pattern, Upstream};

const LENGTH: u64 = 64 << 20;
/// What may be under way, in the system's buffers most of all.
const UNDER_WAY: u64 = 32 << 20;
const MEMORY: u64 = 18 << 20;
const PIECE: usize = 64 << 10;

#[test]
fn slow_client_stalls_upstream() {
    let (stalled, stall) = channel();
    let upstream = Upstream::run(move |peer| {
        peer.keep_buffers_small();
        if peer.request().is_none() {
            return;
        }
        peer.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n"));
        let (mut pattern, mut left) = (Pattern::new(), LENGTH as usize / PIECE);
        let mut next = || {
            left = left.checked_sub(1)?;
            Some(pattern.take(PIECE))
        };
        let (sent, rest) = peer.send_until_stalled(&mut next);
        stalled.send(sent).expect("the scenario waits for it");
        rest.into_iter().for_each(|rest| peer.send(rest));
        while let Some(piece) = next() {
            peer.send(piece);
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let before = gateway.memory();
    let mut client = Client::connect(&gateway);
    client.keep_buffers_small();
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    let sent = stall.recv_timeout(GUARD).expect("the upstream cannot send for ever");
    assert!(sent < UNDER_WAY, "{sent} of {LENGTH} bytes were taken while nobody read");
    assert_eq!(client.head().expect("a head").status(), 200);
    let mut pattern = Pattern::new();
    (0..LENGTH as usize / PIECE).for_each(|_| pattern.check(&client.exactly(PIECE)));
    let grown = gateway.memory_peak().saturating_sub(before);
    assert!(grown < MEMORY, "{grown} bytes of memory");
}
