//! Second attempts are charged to the budget of retries: when it is spent, there are none.

use super::{hedges, hedging, waiting};
use crate::harness::{Client, Gate, Gateway, Upstream, wait_for};

#[test]
fn budget() {
    let gate = Gate::new();
    let (one, other) = (waiting("ok", &gate), waiting("ok", &gate));
    let config = hedging(&[&one, &other]).upstream("retry_budget = { ratio = 0.5, min_per_second = 0 }");
    let gateway = Gateway::start(&config);
    let mut clients: Vec<_> = (0..4).map(|_| Client::connect(&gateway)).collect();
    for client in &mut clients {
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    // Half of four is two. Who was first may have been alone when its time came.
    let in_flight = |upstream: &Upstream| {
        let endpoint = upstream.address();
        gateway.metric(&format!("supplex_upstream_in_flight{{endpoint=\"{endpoint}\",upstream=\"up\"}}"))
    };
    let results = || {
        let refused = gateway.metric(&hedges("budget_exhausted"))? as usize;
        let sent = (in_flight(&one)? + in_flight(&other)?) as usize;
        (sent + refused == 8).then_some((sent, refused))
    };
    let (sent, refused) = wait_for("a decision about each", results);
    assert!((4..=6).contains(&sent) && refused >= 2, "{sent} sent, {refused} refused");
    let mut seen = 0;
    wait_for("the requests", || {
        seen += one.seen_so_far().len() + other.seen_so_far().len();
        (seen == sent).then_some(())
    });
    gate.open();
    for client in &mut clients {
        assert_eq!(client.response().text(), "ok");
    }
    assert_eq!(one.seen_so_far().len() + other.seen_so_far().len(), 0);
}
