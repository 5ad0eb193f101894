//! A connection without a request does not keep the gateway from ending, whatever the patience.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn idle_does_not_hold_up() {
    let upstream = Upstream::saying("ok");
    let mut gateway = Gateway::start(&Config::to(&upstream).gateway("drain_timeout = \"10m\""));
    let (mut used, mut fresh) = (Client::connect(&gateway), Client::connect(&gateway));
    assert_eq!(used.get("/").text(), "ok");
    gateway.tell_to_end();
    used.expect_end();
    fresh.expect_end();
    assert_eq!(gateway.exit_code(), Some(0));
}

#[test]
fn asked_for_at_the_admin_endpoint() {
    let upstream = Upstream::saying("ok");
    let mut gateway = Gateway::start(&Config::to(&upstream).gateway("drain_timeout = \"10m\""));
    let mut client = Client::connect(&gateway);
    assert_eq!(client.get("/").text(), "ok");
    assert_eq!(gateway.admin("POST", "/api/drain").status(), 202);
    client.expect_end();
    assert_eq!(gateway.exit_code(), Some(0));
}
