//! `peak_ewma` keeps away from an endpoint that fails at once, forgets nobody, and remembers over a reload.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn a_failing_endpoint_is_avoided() {
    let good = Upstream::saying("good");
    let failing = Upstream::answering("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    let addresses = [good.address(), failing.address()];
    let config = Config::to_endpoints(&addresses).upstream("balance = \"peak_ewma\"");
    let gateway = Gateway::start(&config);
    let mut client = Client::connect(&gateway);
    let mut failures = |requests: usize| (0..requests).filter(|_| client.get("/").status() == 503).count();
    // About one in two hundred goes there to see whether it is better; the first choices are by chance.
    let first = failures(400);
    assert!((1..40).contains(&first), "{first} of 400 failed");

    gateway.rewrite(&config.upstream("idle_per_worker = 8").text());
    assert_eq!(gateway.admin("POST", "/api/reload").status(), 200);
    gateway.wait_for_generation(2);
    let after = failures(100);
    assert!(after < 15, "what was learned is still known: {after} of 100 failed");
}
