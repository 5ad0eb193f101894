//! A limit that is asked about every request lets exactly its burst through, and then one request per token.

use super::{ask, decisions, passed};
use crate::harness::{Client, Config, Gateway, Upstream, wait_for};

#[test]
fn burst_is_exact() {
    let upstream = Upstream::saying("ok");
    let limit = "[limits.slow]\nrate = \"1/h\"\nburst = 25\nprecision = \"exact\"";
    let gateway = Gateway::start(&Config::to(&upstream).route("limits = [\"slow\"]").and(limit));
    let (mut one, mut other) = (Client::connect(&gateway), Client::connect(&gateway));
    assert_eq!(passed(&mut one, 15) + passed(&mut other, 30) + passed(&mut one, 15), 25);
    assert_eq!(decisions(&gateway, "slow", "admitted"), 25);
    assert_eq!(decisions(&gateway, "slow", "refused"), 35);
    let refused = |source: &str| {
        let labels = format!("{{decision=\"refused\",limit=\"slow\",source=\"{source}\"}}");
        gateway.metric(&format!("supplex_rate_limit_decisions_total{labels}"))
    };
    assert_eq!((refused("store"), refused("remembered")), (Some(1.0), Some(34.0)), "the store is asked once");
}

#[test]
fn leases_spend_no_token_twice() {
    let upstream = Upstream::saying("ok");
    let limit = "[limits.slow]\nrate = \"1/h\"\nburst = 400\nprecision = \"lease\"";
    let gateway = Gateway::start(&Config::to(&upstream).route("limits = [\"slow\"]").and(limit));
    let (mut one, mut other) = (Client::connect(&gateway), Client::connect(&gateway));
    let admitted = passed(&mut one, 250) + passed(&mut other, 300);
    // What a lease that nobody spent within a second had taken is lost.
    assert!(admitted <= 400, "{admitted}");
    assert_eq!(decisions(&gateway, "slow", "admitted"), admitted as u64);
    let leased = "supplex_rate_limit_decisions_total{decision=\"admitted\",limit=\"slow\",source=\"lease\"}";
    assert!(gateway.metric(leased).is_some_and(|count| count > 0.0), "a busy key gets leases");
}

#[test]
fn tokens_come_back() {
    let upstream = Upstream::saying("ok");
    let limit = "[limits.quick]\nrate = \"10/s\"\nburst = 1";
    let gateway = Gateway::start(&Config::to(&upstream).route("limits = [\"quick\"]").and(limit));
    let mut client = Client::connect(&gateway);
    for _ in 0..3 {
        wait_for("a token", || (ask(&mut client) == 200).then_some(()));
    }
}
