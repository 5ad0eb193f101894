//! An upstream that does not read makes the client's sends stall; when it reads, all of it arrives.

use crate::harness::{Client, Config, Gate, Gateway, Pattern, Upstream};

const LENGTH: u64 = 64 << 20;
/// What may be under way, in the system's buffers most of all.
const UNDER_WAY: u64 = 32 << 20;
const MEMORY: u64 = 18 << 20;
const PIECE: usize = 64 << 10;

#[test]
fn slow_upstream_stalls_client() {
    let reading = Gate::new();
    let may_read = reading.clone();
    let upstream = Upstream::run(move |peer| {
        peer.keep_buffers_small();
        if peer.request_head().is_none() {
            return;
        }
        may_read.pass();
        let mut pattern = Pattern::new();
        (0..LENGTH as usize / PIECE).for_each(|_| pattern.check(&peer.exactly(PIECE)));
        peer.answer("all there");
    });
    let gateway = Gateway::start(&Config::to(&upstream).listener("max_body_bytes = \"1GiB\""));
    let before = gateway.memory();
    let mut client = Client::connect(&gateway);
    client.keep_buffers_small();
    client.send(format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {LENGTH}\r\n\r\n"));
    let (mut pattern, mut left) = (Pattern::new(), LENGTH as usize / PIECE);
    let mut next = || {
        left = left.checked_sub(1)?;
        Some(pattern.take(PIECE))
    };
    let (sent, rest) = client.send_until_stalled(&mut next);
    assert!(sent < UNDER_WAY, "{sent} of {LENGTH} bytes were taken while nobody read");
    reading.open();
    rest.into_iter().for_each(|rest| client.send(rest));
    while let Some(piece) = next() {
        client.send(piece);
    }
    assert_eq!(client.response().text(), "all there");
    let grown = gateway.memory_peak().saturating_sub(before);
    assert!(grown < MEMORY, "{grown} bytes of memory");
}
