//! At `min_requests` with too many failures the breaker opens: the endpoint gets no more requests, and everybody can see
//! why.

use super::{Patient, counted, guarded, told};
use crate::harness::{Client, Gateway, assert_problem};

#[test]
fn opens_at_min_requests() {
    let sick = Patient::new(503);
    let address = sick.upstream.address();
    let gateway = Gateway::start(&guarded(std::slice::from_ref(&address), &["min_requests = 6", "open_for = \"1h\""]));
    let mut client = Client::connect(&gateway);
    for number in 0..6 {
        assert_eq!(told(&gateway, 0)["state"], "closed", "after {number} failures");
        assert_eq!(client.get("/").text(), "told", "the answer of the upstream is passed on");
    }
    for _ in 0..20 {
        assert_problem(&client.get("/"), 503, "breaker.open");
    }
    assert_eq!(sick.hits(), 6);

    let told = told(&gateway, 0);
    assert_eq!((&told["state"], &told["cause"]), (&"open".into(), &"error_ratio".into()), "{told:#}");
    assert_eq!((&told["opened"], &told["forced"]), (&1.into(), &false.into()));
    assert_eq!((&told["troubles"][0]["reason"], &told["troubles"][0]["count"]), (&"503".into(), &6.into()));
    let next = told["probes"]["next_in_seconds"].as_f64().expect("it tells when it probes");
    assert!((3500.0..=3960.0).contains(&next), "{next}");
    assert_eq!((counted(&gateway, "failures"), counted(&gateway, "successes")), (6, 0));
    let labels = format!("endpoint=\"{address}\"");
    gateway.wait_for_metric(&format!("supplex_breaker_state{{{labels},upstream=\"up\"}}"), 2.0);
    gateway.wait_for_metric(
        &format!("supplex_breaker_transitions_total{{cause=\"error_ratio\",{labels},to=\"open\",upstream=\"up\"}}"),
        1.0,
    );
    gateway.wait_for_metric("supplex_local_replies_total{reason=\"breaker.open\"}", 20.0);
}

#[test]
fn opens_at_the_share_and_not_below() {
    let patient = Patient::new(200);
    let lines = ["min_requests = 6", "error_ratio = 0.5", "open_for = \"1h\""];
    let gateway = Gateway::start(&guarded(&[patient.upstream.address()], &lines));
    let mut client = Client::connect(&gateway);
    for status in [200, 503, 200, 200, 200, 502, 200, 503, 504] {
        assert_eq!(told(&gateway, 0)["state"], "closed");
        patient.set(status);
        assert_eq!(client.get("/").status(), status);
    }
    assert_eq!(told(&gateway, 0)["state"], "closed", "four of nine");
    assert_eq!(client.get("/").status(), 504);
    assert_eq!(told(&gateway, 0)["state"], "open", "five of ten");
}
