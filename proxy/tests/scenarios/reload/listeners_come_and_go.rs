//! A listener that is added serves, and one that is removed finishes what it has begun.

use std::net::TcpStream;

use crate::harness::{Client, Config, Gate, Gateway, Kind, Upstream, Wire, wait_for};

const EXTRA: &str = "\n[[listeners]]\nname = \"extra\"\naddress = \"127.0.0.1:0\"\n";

fn reload(gateway: &Gateway, text: &str) {
    gateway.rewrite(text);
    let response = gateway.admin("POST", "/api/reload");
    assert_eq!(response.status(), 200, "{}", response.text());
}

#[test]
fn in_flight_on_the_removed_one_is_finished() {
    let gate = Gate::new();
    let may_answer = gate.clone();
    let upstream = Upstream::run(move |peer| {
        while let Some(request) = peer.request() {
            if request.target() == "/slow" {
                may_answer.pass();
            }
            peer.answer("ok");
        }
    });
    let config = Config::to(&upstream).gateway("workers = 2");
    let gateway = Gateway::start(&config);
    let mut lasting = Client::connect(&gateway);
    assert_eq!(lasting.get("/").text(), "ok");

    reload(&gateway, &(config.text() + EXTRA));
    gateway.wait_for_generation(2);
    let address = gateway.listener("extra");
    assert_ne!(address, gateway.address());
    let connect = || Wire::tcp(TcpStream::connect(address).expect("the new listener listens"));
    let (mut slow, mut idle) = (connect(), connect());
    idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(idle.message(Kind::Response).expect("a response").text(), "ok");
    upstream.seen_so_far();
    slow.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(upstream.seen().message.target(), "/slow");

    reload(&gateway, &config.text());
    gateway.wait_for_generation(3);
    // Whoever has nothing under way is let go, and the port is closed.
    idle.expect_end();
    wait_for("the port is closed", || TcpStream::connect(address).err());
    gate.open();
    let response = slow.message(Kind::Response).expect("a response");
    assert_eq!(response.text(), "ok");
    assert_eq!(response.field("connection"), Some("close"));
    slow.expect_end();
    // The other listener never noticed: the same connection is served on.
    assert_eq!(lasting.get("/").text(), "ok");
    assert!(gateway.document("/api/config")["addresses"]["listeners"]["extra"].is_null());
}

#[test]
fn the_same_listener_comes_back() {
    let upstream = Upstream::saying("ok");
    let config = Config::to(&upstream).gateway("workers = 2");
    let gateway = Gateway::start(&config);
    for turn in 0..5 {
        reload(&gateway, &(config.text() + EXTRA));
        gateway.wait_for_generation(2 * turn + 2);
        let mut wire = Wire::tcp(TcpStream::connect(gateway.listener("extra")).expect("it listens"));
        wire.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(wire.message(Kind::Response).expect("a response").text(), "ok");
        reload(&gateway, &config.text());
        gateway.wait_for_generation(2 * turn + 3);
        wire.expect_end();
    }
}
