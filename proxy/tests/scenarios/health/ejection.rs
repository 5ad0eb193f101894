//! An endpoint whose attempts fail one after the other is left out for a while, and not more than the share allows.

use super::states::{Mood, endpoint, wait_for_answers};
use crate::harness::{Client, Config, Gateway, Upstream, wait_for};

/// Answers everything by its mood.
fn failing(name: &'static str, mood: &Mood) -> Upstream {
    let mood = mood.clone();
    Upstream::run(move |peer| {
        while peer.request().is_some() {
            peer.send(format!("HTTP/1.1 {} X\r\nContent-Length: {}\r\n\r\n{name}", mood.status(), name.len()));
        }
    })
}

#[test]
fn only_fatal_failures_in_a_row_eject() {
    let mood = Mood::new(200);
    let (a, b) = (failing("a", &mood), Upstream::saying("b"));
    let config = Config::to_endpoints(&[a.address(), b.address()]).upstream("balance = \"round_robin\"");
    let gateway = Gateway::start(&config.upstream("ejection = { consecutive_failures = 3, eject_for = \"1h\" }"));
    let mut client = Client::connect(&gateway);
    wait_for_answers(&mut client, "a", true);
    // An error of the service itself ejects nobody.
    mood.set(500);
    let mut answers = |count: usize| -> Vec<u16> { (0..count).map(|_| client.get("/").status()).collect() };
    assert_eq!(answers(20).iter().filter(|status| **status == 500).count(), 10);

    mood.set(503);
    let statuses = answers(40);
    assert_eq!(statuses.iter().filter(|status| **status == 503).count(), 3, "{statuses:?}");
    assert_eq!(endpoint(&gateway, &a)["ejected_by_workers"], 1);
    let labels = format!("{{endpoint=\"{}\",upstream=\"up\"}}", a.address());
    assert_eq!(gateway.metric(&format!("supplex_endpoint_ejections_total{labels}")), Some(1.0));
    assert_eq!(gateway.metric(&format!("supplex_endpoint_ejected_workers{labels}")), Some(1.0));
}

#[test]
fn it_returns_by_itself() {
    let mood = Mood::new(503);
    let (a, b) = (failing("a", &mood), Upstream::saying("b"));
    let config = Config::to_endpoints(&[a.address(), b.address()]).upstream("balance = \"round_robin\"");
    let gateway = Gateway::start(&config.upstream("ejection = { consecutive_failures = 2, eject_for = \"200ms\" }"));
    let mut client = Client::connect(&gateway);
    let labels = format!("{{endpoint=\"{}\",upstream=\"up\"}}", a.address());
    let ejections = format!("supplex_endpoint_ejections_total{labels}");
    wait_for("it is ejected", || {
        client.get("/");
        gateway.metric(&ejections).filter(|count| *count >= 1.0)
    });
    mood.set(200);
    gateway.wait_for_metric(&format!("supplex_endpoint_ejected_workers{labels}"), 0.0);
    wait_for_answers(&mut client, "a", true);
}

#[test]
fn connections_that_fail_count_and_not_all_may_be_out() {
    // Both close instead of answering; only one of the two may be ejected.
    let [a, b] = [(); 2].map(|()| Upstream::run(|peer| drop(peer.request())));
    let config = Config::to_endpoints(&[a.address(), b.address()]).upstream("balance = \"round_robin\"");
    let ejection = "ejection = { consecutive_failures = 2, eject_for = \"1h\", max_ejected = 0.5 }";
    let gateway = Gateway::start(&config.upstream(ejection));
    let mut client = Client::connect(&gateway);
    for _ in 0..20 {
        assert_eq!(client.get("/").status(), 502);
    }
    let out = |upstream: &Upstream| endpoint(&gateway, upstream)["ejected_by_workers"].as_u64().expect("a number");
    assert_eq!(out(&a) + out(&b), 1);
    let (seen_a, seen_b) = (a.seen_so_far().len(), b.seen_so_far().len());
    assert_eq!(seen_a.min(seen_b), 2, "the ejected one got no more than it took: {seen_a} and {seen_b}");
    assert_eq!(seen_a + seen_b, 20);
}
