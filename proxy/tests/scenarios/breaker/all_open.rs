//! When every endpoint is left alone the request is refused at once, and told when to come again.

use super::{Patient, guarded};
use crate::harness::{Client, Gateway, assert_problem};

#[test]
fn all_open() {
    let sick = [Patient::new(503), Patient::new(502)];
    let addresses = sick.each_ref().map(|patient| patient.upstream.address());
    let gateway = Gateway::start(&guarded(&addresses, &["min_requests = 3", "open_for = \"10m\""]));
    let mut client = Client::connect(&gateway);
    for _ in 0..6 {
        assert_eq!(client.get("/").text(), "told");
    }
    for _ in 0..5 {
        let refused = client.get("/");
        assert_problem(&refused, 503, "breaker.open");
        assert!(refused.field("proxy-status").is_some_and(|field| field.contains("error=destination_unavailable")));
        let wait: u64 = refused.field("retry-after").and_then(|wait| wait.parse().ok()).expect("whole seconds");
        assert!((500..=660).contains(&wait), "{wait}");
        assert_eq!(refused.field("connection"), None, "the client may ask again on its connection");
    }
    assert_eq!(sick.each_ref().map(Patient::hits), [3, 3]);
    let document = gateway.document("/api/breakers");
    assert_eq!(document["upstreams"][0]["state"], "open", "the upstream as a whole");
}
