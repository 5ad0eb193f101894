//! Bodies much larger than the gateway's memory pass through it: nothing is gathered.

use crate::harness::{Client, Config, Gateway, Pattern, Upstream};

const LENGTH: usize = 64 << 20;
/// Memory the gateway may take for it: its buffers for receiving at their usual most, however long the body.
const MEMORY: u64 = 18 << 20;
const PIECE: usize = 64 << 10;

#[test]
fn up() {
    let upstream = Upstream::run(|peer| {
        while peer.request_head().is_some() {
            let mut pattern = Pattern::new();
            (0..LENGTH / PIECE).for_each(|_| pattern.check(&peer.exactly(PIECE)));
            peer.answer("all there");
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream).listener("max_body_bytes = \"1GiB\""));
    let mut client = Client::connect(&gateway);
    client.expect_small(&gateway, |client| {
        client.send(format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {LENGTH}\r\n\r\n"));
        let mut pattern = Pattern::new();
        (0..LENGTH / PIECE).for_each(|_| client.send(pattern.take(PIECE)));
        assert_eq!(client.response().text(), "all there");
    });
}

#[test]
fn down() {
    let upstream = Upstream::run(|peer| {
        while peer.request().is_some() {
            peer.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n"));
            let mut pattern = Pattern::new();
            (0..LENGTH / PIECE).for_each(|_| peer.send(pattern.take(PIECE)));
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    client.expect_small(&gateway, |client| {
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(client.head().expect("a head").status(), 200);
        let mut pattern = Pattern::new();
        (0..LENGTH / PIECE).for_each(|_| pattern.check(&client.exactly(PIECE)));
    });
}

impl Client {
    /// Asserts that the gateway needs little memory for `act`.
    fn expect_small(&mut self, gateway: &Gateway, act: impl FnOnce(&mut Client)) {
        let before = gateway.memory();
        act(self);
        let grown = gateway.memory_peak().saturating_sub(before);
        assert!(grown < MEMORY, "{grown} bytes of memory for a body of {LENGTH}");
    }
}
