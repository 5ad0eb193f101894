//! While Redis cannot be reached a limit goes by its `on_store_error`, and nothing fails because of it.

use super::passed;
use crate::harness::{Client, Config, Gateway, Upstream, assert_problem};

fn gateway(upstream: &Upstream, on_store_error: &str) -> Gateway {
    // Nobody listens on port 1.
    let limit = format!(
        "[redis]\nurl = \"redis://127.0.0.1:1\"\n\
         [limits.slow]\nrate = \"1/h\"\nburst = 6\non_store_error = \"{on_store_error}\""
    );
    Gateway::start(&Config::to(upstream).route("limits = [\"slow\"]").and(&limit))
}

#[test]
fn local_limits_to_the_workers_share() {
    let upstream = Upstream::saying("ok");
    let gateway = gateway(&upstream, "local");
    // One worker has all of the rate.
    assert_eq!(passed(&mut Client::connect(&gateway), 20), 6);
    let fallback = |decision: &str| {
        gateway.metric(&format!(
            "supplex_rate_limit_decisions_total{{decision=\"{decision}\",limit=\"slow\",source=\"fallback\"}}"
        ))
    };
    assert_eq!((fallback("admitted"), fallback("refused")), (Some(6.0), Some(14.0)));
}

#[test]
fn open_lets_everything_through() {
    let upstream = Upstream::saying("ok");
    let gateway = gateway(&upstream, "open");
    let mut client = Client::connect(&gateway);
    assert_eq!(passed(&mut client, 20), 20);
    assert_eq!(client.get("/").field("ratelimit"), None, "nothing is known");
}

#[test]
fn closed_refuses_everything() {
    let upstream = Upstream::saying("ok");
    let gateway = gateway(&upstream, "closed");
    let mut client = Client::connect(&gateway);
    for _ in 0..5 {
        let response = client.get("/");
        assert_problem(&response, 503, "limit.store");
        assert!(response.field("retry-after").is_some());
        assert_eq!(response.field("connection"), None);
    }
    assert!(upstream.seen_so_far().is_empty());
}
