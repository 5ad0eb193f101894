//! When everything fails, retries stay within the budget, and the failure is passed on.

use crate::harness::{Client, Config, Gateway, Upstream, wait_for};

#[test]
fn a_total_failure_makes_a_fifth_more_load() {
    let down = Upstream::answering("HTTP/1.1 503 Down\r\nContent-Length: 4\r\n\r\ndown");
    let config = Config::to(&down)
        .route("retries = { max = 5, backoff = \"1ms\" }")
        .upstream("retry_budget = { ratio = 0.2, min_per_second = 0 }");
    let gateway = Gateway::start(&config);
    let mut client = Client::connect(&gateway);
    let requests = 50;
    for _ in 0..requests {
        let response = client.get("/");
        assert_eq!((response.status(), response.text()), (503, "down"));
    }
    let attempts = down.seen_so_far().len();
    assert!(attempts > requests && attempts <= requests + requests / 5, "{attempts} attempts");
    gateway.wait_for_metric(
        "supplex_retries_total{result=\"budget_exhausted\",upstream=\"up\"}",
        requests as f64, // Each one ended because of it: five retries in a row are never allowed.
    );
    wait_for("the state of the budget", || {
        let document = gateway.document("/api/upstreams");
        let budget = &document["upstreams"][0]["retry_budget"];
        assert_eq!((&budget["ratio"], &budget["min_per_second"]), (&0.2.into(), &0.into()));
        // Ten seconds later it is forgotten; nothing here takes so long.
        (budget["requests"] == requests && budget["retries"] == attempts - requests).then_some(())
    });
}
