//! A reload that changes something else forgets neither what probes found out nor who is ejected.

use super::states::{Mood, endpoint, moody, wait_for_answers, wait_until};
use crate::harness::{Client, Config, Gateway, Upstream};

fn reload(gateway: &Gateway, config: &Config, generation: u64) {
    gateway.rewrite(&config.text());
    assert_eq!(gateway.admin("POST", "/api/reload").status(), 200);
    gateway.wait_for_generation(generation);
}

#[test]
fn probes_are_remembered() {
    let mood = Mood::new(200);
    let (a, b) = (moody("a", &mood), moody("b", &Mood::new(200)));
    let config = |more: &str| {
        Config::to_endpoints(&[a.address(), b.address()])
            .upstream("balance = \"round_robin\"")
            .upstream("health = { path = \"/healthz\", interval = \"10ms\", timeout = \"5s\" }")
            .upstream(more)
    };
    let gateway = Gateway::start(&config(""));
    mood.set(500);
    wait_until(&gateway, &a, false);
    let mut client = Client::connect(&gateway);
    wait_for_answers(&mut client, "a", false);
    let since = endpoint(&gateway, &a)["health"]["since"].clone();
    for generation in 2..6 {
        reload(&gateway, &config(&format!("idle_per_worker = {generation}")), generation);
        for _ in 0..10 {
            assert_eq!(client.get("/").text(), "b", "generation {generation}");
        }
        assert_eq!(endpoint(&gateway, &a)["health"]["since"], since);
    }
    // Without probes nobody says anything against it.
    let plain = Config::to_endpoints(&[a.address(), b.address()]).upstream("balance = \"round_robin\"");
    reload(&gateway, &plain, 6);
    assert!(endpoint(&gateway, &a)["health"].is_null());
    assert!((0..2).any(|_| client.get("/").text() == "a"), "it is used at once");
}

#[test]
fn ejections_are_remembered() {
    let failing = Upstream::answering("HTTP/1.1 504 X\r\nContent-Length: 0\r\n\r\n");
    let good = Upstream::saying("good");
    let config = |more: &str| {
        Config::to_endpoints(&[failing.address(), good.address()])
            .upstream("balance = \"round_robin\"")
            .upstream("ejection = { consecutive_failures = 1, eject_for = \"1h\" }")
            .upstream(more)
    };
    let gateway = Gateway::start(&config(""));
    let mut client = Client::connect(&gateway);
    let failures = (0..10).filter(|_| client.get("/").status() == 504).count();
    assert_eq!(failures, 1);
    reload(&gateway, &config("idle_per_worker = 3"), 2);
    assert!((0..10).all(|_| client.get("/").text() == "good"));
}
