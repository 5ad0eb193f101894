//! Of two endpoints one is sick: once its breaker is open, no client sees a failure.

use super::{Patient, guarded, told};
use crate::harness::{Client, Gateway};

#[test]
fn one_of_two() {
    let (well, sick) = (Patient::new(200), Patient::new(503));
    let addresses = [well.upstream.address(), sick.upstream.address()];
    let gateway = Gateway::start(&guarded(&addresses, &["min_requests = 5", "open_for = \"1h\""]));
    let mut client = Client::connect(&gateway);
    let failed = (0..10).filter(|_| client.get("/").status() == 503).count();
    assert_eq!(failed, 5, "they take turns until it opens");
    assert_eq!((&told(&gateway, 0)["state"], &told(&gateway, 1)["state"]), (&"closed".into(), &"open".into()));
    assert_eq!((well.hits(), sick.hits()), (5, 5));
    for _ in 0..200 {
        assert_eq!(client.get("/").status(), 200);
    }
    assert_eq!((well.hits(), sick.hits()), (200, 0));
    assert_eq!(gateway.document("/api/breakers")["upstreams"][0]["state"], "closed", "the upstream as a whole");
}
