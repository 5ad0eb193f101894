//! `/healthz` and `/readyz`.

use crate::harness::{Client, Config, Gate, Gateway, Upstream};

#[test]
fn ready_until_the_drain_begins() {
    let gate = Gate::new();
    let may_answer = gate.clone();
    let upstream = Upstream::run(move |peer| {
        while peer.request().is_some() {
            may_answer.pass();
            peer.answer("ok");
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    assert_eq!(gateway.admin("GET", "/healthz").status(), 200);
    assert_eq!(gateway.admin("GET", "/readyz").status(), 200);
    let mut client = Client::connect(&gateway);
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    upstream.seen();
    gateway.tell_to_end();
    // It lives, but nobody should send it anything new.
    crate::harness::wait_for("not ready", || (gateway.admin("GET", "/readyz").status() == 503).then_some(()));
    assert_eq!(gateway.admin("GET", "/healthz").status(), 200);
    gate.open();
    assert_eq!(client.response().text(), "ok");
}
