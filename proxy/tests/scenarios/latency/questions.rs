//! What `/api/latency` can be asked, and what it says to the rest.

use serde_json::Value;

use super::{after, named};
use crate::harness::{Client, Config, Gateway, Upstream, wait_for};

fn refused(gateway: &Gateway, query: &str, status: u16) -> Value {
    let response = gateway.admin("GET", &format!("/api/latency?{query}"));
    assert_eq!(response.status(), status, "{query}: {}", response.text());
    assert_eq!(response.field("content-type"), Some("application/problem+json"));
    let document: Value = serde_json::from_slice(&response.body).expect("a problem document");
    assert_eq!(document["reason"], "admin.latency_refused");
    document
}

#[test]
fn what_cannot_be_meant_is_refused_with_advice() {
    let upstream = Upstream::saying("ok");
    let gateway = Gateway::start(&Config::to(&upstream));
    for window in ["0s", "61s", "1h", "500ms", "ten", "10"] {
        let document = refused(&gateway, &format!("window={window}"), 400);
        assert!(document["detail"].as_str().is_some_and(|detail| detail.contains("from `1s` to `60s`")), "{document}");
    }
    refused(&gateway, "by=route", 400);
    refused(&gateway, "windw=1s", 400);
    let document = refused(&gateway, "route=al", 404);
    assert_eq!(document["known"], serde_json::json!(["-", "all"]));
    assert!(document["detail"].as_str().is_some_and(|detail| detail.contains("did you mean `all`?")), "{document}");
    assert_eq!(refused(&gateway, "upstream=somewhere", 404)["known"], serde_json::json!(["up"]));

    // What nobody has used yet is there with nothing to tell.
    let document = gateway.document("/api/latency?route=all&window=1s");
    assert_eq!(named(&document, "routes", "all")["total"]["count"], 0);
    assert_eq!(named(&document, "routes", "all")["total"]["p99_us"], Value::Null);
}

#[test]
fn a_window_slides_on() {
    let upstream = Upstream::saying("ok");
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for _ in 0..20 {
        client.get("/");
    }
    after(&gateway, 20);
    let count =
        |window: &str| gateway.document(&format!("/api/latency?window={window}"))["all"]["total"]["count"].clone();
    wait_for("a second without them", || (count("1s") == 0).then_some(()));
    assert_eq!(count("60s"), 20, "a minute has them still");
    let document = gateway.document("/api/latency?window=2s");
    let (from, to) = (document["from"].as_f64().expect("a time"), document["to"].as_f64().expect("a time"));
    assert!(to > from && to > 1_600_000_000.0, "{document}");
    assert_eq!(document["window_seconds"], 2);
}
