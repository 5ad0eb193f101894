//! Two workers count together: the breaker opens at `min_requests` of both, for both.

use super::{Patient, guarded, told};
use crate::harness::{Client, Gateway, assert_problem};

#[test]
fn two_workers() {
    let sick = Patient::new(503);
    let lines = ["min_requests = 20", "open_for = \"1h\""];
    let gateway = Gateway::start(&guarded(&[sick.upstream.address()], &lines).gateway("workers = 2"));
    let mut clients: Vec<_> = (0..10).map(|_| Client::connect(&gateway)).collect();
    for _ in 0..2 {
        for client in &mut clients {
            assert_eq!(client.get("/").text(), "told");
        }
    }
    let workers = gateway.document("/api/workers");
    let served = |worker: usize| workers["workers"][worker]["connections"].as_u64().expect("a count");
    assert_eq!(served(0) + served(1), 10);
    for client in &mut clients {
        assert_problem(&client.get("/"), 503, "breaker.open");
    }
    assert_eq!((sick.hits(), &told(&gateway, 0)["opened"]), (20, &1.into()));
}
