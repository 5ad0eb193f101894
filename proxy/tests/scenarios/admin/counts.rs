//! After a known number of requests, every page tells that number.

use crate::harness::{Client, Config, Gateway, Upstream};

/// The names of the contract that this release has.
const NAMES: [&str; 16] = [
    "supplex_requests_total",
    "supplex_request_duration_seconds",
    "supplex_overhead_seconds",
    "supplex_upstream_requests_total",
    "supplex_upstream_duration_seconds",
    "supplex_upstream_in_flight",
    "supplex_retries_total",
    "supplex_connections",
    "supplex_connections_accepted_total",
    "supplex_local_replies_total",
    "supplex_config_generation",
    "supplex_reloads_total",
    "supplex_worker_busy_ratio",
    "supplex_worker_connections",
    "supplex_worker_handoffs_total",
    "supplex_build_info",
];

#[test]
fn counts() {
    let upstream = Upstream::saying("ok");
    let address = upstream.address();
    let gateway = Gateway::start(
        &Config::of(&format!(
            "[[routes]]\nname = \"shop\"\nmatch = {{ prefix = \"/shop\" }}\nupstream = \"up\"\n\
             [upstreams.up]\nendpoints = [\"{address}\"]\n"
        ))
        .gateway("workers = 2"),
    );
    let mut clients: Vec<_> = (0..4).map(|_| Client::connect(&gateway)).collect();
    for client in &mut clients {
        for _ in 0..25 {
            assert_eq!(client.get("/shop/1").status(), 200);
        }
        assert_eq!(client.request("POST /shop HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi").status(), 200);
        assert_eq!(client.get("/none").status(), 404);
    }
    gateway.wait_for_metric("supplex_requests_total{code=\"200\",method=\"GET\",route=\"shop\"}", 100.0);
    gateway.wait_for_metric("supplex_requests_total{code=\"200\",method=\"POST\",route=\"shop\"}", 4.0);
    gateway.wait_for_metric("supplex_requests_total{code=\"404\",method=\"GET\",route=\"-\"}", 4.0);
    gateway.wait_for_metric("supplex_local_replies_total{reason=\"route.none\"}", 4.0);
    gateway.wait_for_metric("supplex_request_duration_seconds_count{route=\"shop\"}", 104.0);
    gateway.wait_for_metric("supplex_overhead_seconds_count", 108.0);
    let endpoint = format!("endpoint=\"{address}\"");
    gateway.wait_for_metric(
        &format!("supplex_upstream_requests_total{{{endpoint},result=\"success\",upstream=\"up\"}}"),
        104.0,
    );
    gateway.wait_for_metric(&format!("supplex_upstream_in_flight{{{endpoint},upstream=\"up\"}}"), 0.0);
    gateway.wait_for_metric("supplex_upstream_duration_seconds_count{upstream=\"up\"}", 104.0);
    gateway.wait_for_metric("supplex_connections{listener=\"public\",state=\"idle\"}", 4.0);
    gateway.wait_for_metric("supplex_connections{listener=\"public\",state=\"active\"}", 0.0);
    gateway.wait_for_metric("supplex_connections_accepted_total{listener=\"public\"}", 4.0);
    gateway.wait_for_metric("supplex_config_generation", 1.0);

    let metrics = gateway.admin("GET", "/metrics");
    for name in NAMES {
        let declared = metrics.text().lines().any(|line| line.starts_with(&format!("# TYPE {name} ")));
        assert!(declared, "{name} is missing in:\n{}", metrics.text());
    }

    let routes = gateway.document("/api/routes");
    assert_eq!(routes["routes"][0]["name"], "shop");
    assert_eq!(routes["routes"][0]["requests"]["total"], 104);
    assert_eq!(routes["routes"][0]["requests"]["by_class"]["2xx"], 104);
    assert_eq!(routes["unrouted"]["requests"]["by_class"]["4xx"], 4);
    let upstreams = gateway.document("/api/upstreams");
    let endpoint = &upstreams["upstreams"][0]["endpoints"][0];
    assert_eq!(upstreams["upstreams"][0]["name"], "up");
    assert_eq!(endpoint["address"], address);
    assert_eq!((&endpoint["results"]["success"], &endpoint["in_flight"]), (&104.into(), &0.into()));
    assert_eq!(endpoint["pooled"], upstream.connections());
}
