//! A few failures to connect in a row are enough, however few requests there were.

use std::net::TcpListener;

use super::{guarded, told};
use crate::harness::{Client, Gateway, assert_problem};

#[test]
fn no_connection() {
    let held = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = held.local_addr().expect("an address").to_string();
    drop(held);
    let gateway = Gateway::start(&guarded(&[address], &["connect_failures = 3", "open_for = \"1h\""]));
    let mut client = Client::connect(&gateway);
    for _ in 0..3 {
        assert_problem(&client.get("/"), 502, "upstream.connect");
    }
    assert_problem(&client.get("/"), 503, "breaker.open");
    let told = told(&gateway, 0);
    assert_eq!((&told["cause"], &told["troubles"][0]["reason"]), (&"connect".into(), &"connect".into()), "{told:#}");
}
