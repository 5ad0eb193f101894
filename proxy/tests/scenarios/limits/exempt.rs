//! Clients of exempt networks are never limited, as the trusted proxy in front of the gateway names them.

use super::decisions;
use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn exempt() {
    let upstream = Upstream::saying("ok");
    let limit = "[limits.slow]\nrate = \"1/h\"\nburst = 1\nexempt = [\"192.0.2.0/24\"]";
    let config = Config::to(&upstream).gateway("trusted_proxies = [\"127.0.0.1\"]").route("limits = [\"slow\"]");
    let gateway = Gateway::start(&config.and(limit));
    let mut client = Client::connect(&gateway);
    let mut from =
        |address: &str| client.request(format!("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: {address}\r\n\r\n"));
    for _ in 0..5 {
        let response = from("192.0.2.7");
        assert_eq!((response.status(), response.field("ratelimit")), (200, None));
    }
    assert_eq!([from("198.51.100.1").status(), from("198.51.100.1").status()], [200, 429]);
    assert_eq!([from("198.51.100.2").status(), from("198.51.100.2").status()], [200, 429]);
    assert_eq!(decisions(&gateway, "slow", "admitted"), 7);
    let exempt = "supplex_rate_limit_decisions_total{decision=\"admitted\",limit=\"slow\",source=\"exempt\"}";
    assert_eq!(gateway.metric(exempt), Some(5.0));
}
