//! A reload does not forget what is known about an endpoint, as long as its upstream and address stay.

use super::{Patient, guarded, told};
use crate::harness::{Client, Gateway, assert_problem};

#[test]
fn an_open_breaker_stays_open() {
    let (sick, other) = (Patient::new(503), Patient::new(200));
    let lines = ["min_requests = 3", "open_for = \"1h\""];
    let gateway = Gateway::start(&guarded(&[sick.upstream.address()], &lines));
    let mut client = Client::connect(&gateway);
    for _ in 0..3 {
        assert_eq!(client.get("/").text(), "told");
    }
    let before = told(&gateway, 0);

    gateway.rewrite(&guarded(&[sick.upstream.address()], &["min_requests = 4", "open_for = \"2h\""]).text());
    assert_eq!(gateway.admin("POST", "/api/reload").status(), 200);
    gateway.wait_for_generation(2);
    assert_problem(&client.get("/"), 503, "breaker.open");
    let after = told(&gateway, 0);
    assert_eq!((&after["state"], &after["cause"]), (&"open".into(), &"error_ratio".into()));
    assert_eq!(after["opened"], before["opened"]);
    assert_eq!(after["troubles"][0]["count"], 3);

    gateway.rewrite(&guarded(&[sick.upstream.address(), other.upstream.address()], &lines).text());
    assert_eq!(gateway.admin("POST", "/api/reload").status(), 200);
    gateway.wait_for_generation(3);
    for _ in 0..10 {
        assert_eq!(client.get("/").status(), 200, "the new endpoint serves alone");
    }
    assert_eq!((sick.hits(), other.hits()), (3, 10));
}

#[test]
fn what_was_counted_goes_on_counting() {
    let sick = Patient::new(503);
    let config = |mark: &str| {
        guarded(&[sick.upstream.address()], &["min_requests = 4", "open_for = \"1h\"", "window = \"60s\""])
            .route(&format!("response_headers = {{ set = {{ x-mark = \"{mark}\" }} }}"))
    };
    let gateway = Gateway::start(&config("one"));
    let mut client = Client::connect(&gateway);
    for _ in 0..2 {
        assert_eq!(client.get("/").field("x-mark"), Some("one"));
    }
    gateway.rewrite(&config("two").text());
    assert_eq!(gateway.admin("POST", "/api/reload").status(), 200);
    gateway.wait_for_generation(2);
    for _ in 0..2 {
        assert_eq!(client.get("/").field("x-mark"), Some("two"));
    }
    assert_problem(&client.get("/"), 503, "breaker.open");
}
