//! What is not finished within `drain_timeout` is cut, and the process ends all the same.

use crate::harness::{Client, Config, Gate, Gateway, Upstream};

#[test]
fn time_is_up() {
    let gate = Gate::new();
    let may_answer = gate.clone();
    let upstream = Upstream::run(move |peer| {
        if peer.request().is_some() {
            may_answer.pass();
        }
    });
    let mut gateway = Gateway::start(&Config::to(&upstream).gateway("drain_timeout = \"300ms\""));
    let mut client = Client::connect(&gateway);
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    upstream.seen();
    gateway.tell_to_end();
    assert_eq!(gateway.exit_code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&client.expect_gone()), "", "there is no response that could be sent");
    gate.open();
}
