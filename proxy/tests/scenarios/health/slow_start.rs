//! An endpoint that a reload adds gets a small part of its share first.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn a_newcomer_begins_small() {
    let (old, new) = (Upstream::saying("old"), Upstream::saying("new"));
    let config = |addresses: &[String], ramp: &str| {
        Config::to_endpoints(addresses)
            .upstream("balance = \"round_robin\"")
            .upstream(&format!("slow_start = \"{ramp}\""))
    };
    // So long that the part hardly grows in this scenario.
    let gateway = Gateway::start(&config(&[old.address()], "24h"));
    let mut client = Client::connect(&gateway);
    assert_eq!(client.get("/").text(), "old", "whoever is there from the start has all");
    gateway.rewrite(&config(&[old.address(), new.address()], "24h").text());
    assert_eq!(gateway.admin("POST", "/api/reload").status(), 200);
    gateway.wait_for_generation(2);
    let mut answers = |requests: usize| (0..requests).filter(|_| client.get("/").text() == "new").count();
    // Of 400 requests 200 would be its share, and a tenth of that is 20.
    let few = answers(400);
    assert!((2..=60).contains(&few), "{few} of 400");
    // With the ramp over it has all of its share.
    gateway.rewrite(&config(&[old.address(), new.address()], "1ms").text());
    assert_eq!(gateway.admin("POST", "/api/reload").status(), 200);
    gateway.wait_for_generation(3);
    let share = answers(400);
    assert!((195..=205).contains(&share), "{share} of 400");
}
