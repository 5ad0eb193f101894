//! A request that one endpoint does not answer is answered by the other. The attempt that lost is broken off and is no
//! failure of its endpoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::{attempts, hedges, hedging, waiting};
use crate::harness::{Client, Config, Gate, Gateway, Upstream, wait_for};

#[test]
fn first_answer_wins() {
    let closed = Arc::new(AtomicUsize::new(0));
    let at_upstream = Arc::clone(&closed);
    let silent = Upstream::run(move |peer| {
        while peer.request().is_some() {}
        at_upstream.fetch_add(1, SeqCst);
    });
    let quick = Upstream::saying("quick");
    let config = hedging(&[&silent, &quick])
        .upstream("retry_budget = { min_per_second = 1000 }\nejection = { consecutive_failures = 1 }")
        .and("[upstreams.up.breaker]\nmin_requests = 1\nerror_ratio = 0.1");
    let gateway = Gateway::start(&config);
    let mut client = Client::connect(&gateway);
    for _ in 0..6 {
        assert_eq!(client.get("/").text(), "quick");
    }
    // The silent one was asked first, or second because the other took its time; each time it was broken off.
    let count = |result: &str| gateway.metric(&hedges(result)).expect("a metric");
    let asked = wait_for("second attempts that won", || Some(count("won")).filter(|won| *won >= 1.0)) + count("lost");
    gateway.wait_for_metric(&attempts(&silent, "cancelled"), asked);
    wait_for("closed connections", || (closed.load(SeqCst) == silent.connections()).then_some(()));
    assert_eq!(silent.connections() as f64, asked, "none was used again");
    assert_eq!(quick.connections(), 1, "the winner's was");
    for failure in ["timeout", "reset", "connect"] {
        assert_eq!(gateway.metric(&attempts(&silent, failure)), Some(0.0));
    }
    let endpoint = silent.address();
    let state = format!("supplex_breaker_state{{endpoint=\"{endpoint}\",upstream=\"up\"}}");
    assert_eq!(gateway.metric(&state), Some(0.0), "closed");
    let ejected = format!("supplex_endpoint_ejected_workers{{endpoint=\"{endpoint}\",upstream=\"up\"}}");
    assert_eq!(gateway.metric(&ejected), Some(0.0));
    let in_flight = format!("supplex_upstream_in_flight{{endpoint=\"{endpoint}\",upstream=\"up\"}}");
    assert_eq!(gateway.metric(&in_flight), Some(0.0));
}

#[test]
fn whoever_answers_first_wins_even_if_it_was_asked_first() {
    let (one_may, other_may) = (Gate::new(), Gate::new());
    let (one, other) = (waiting("one", &one_may), waiting("other", &other_may));
    let gateway = Gateway::start(&hedging(&[&one, &other]));
    let mut client = Client::connect(&gateway);
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    one.seen();
    other.seen();
    one_may.open();
    assert_eq!(client.response().text(), "one");
    gateway.wait_for_metric(&attempts(&other, "cancelled"), 1.0);
    gateway.wait_for_metric(&attempts(&one, "success"), 1.0);
    let counted = ["won", "lost"].map(|result| gateway.metric(&hedges(result)).expect("a metric"));
    assert!((counted.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{counted:?}");
    other_may.open();
}

#[test]
fn an_answer_in_time_needs_no_second_attempt() {
    let (one, other) = (Upstream::saying("one"), Upstream::saying("other"));
    let addresses = [one.address(), other.address()];
    let config = Config::to_endpoints(&addresses).route("hedge = { after = \"15s\" }");
    let gateway = Gateway::start(&config);
    let mut client = Client::connect(&gateway);
    for _ in 0..10 {
        assert_eq!(client.get("/").status(), 200);
    }
    assert_eq!(one.seen_so_far().len() + other.seen_so_far().len(), 10);
}
