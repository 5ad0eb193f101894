//! `/metrics` of a gateway that does everything: the names and labels that others rely on, and promtool's opinion.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

use crate::harness::{Client, Config, Gateway, Upstream};

/// The contract: each family with its type and exactly its labels.
const CONTRACT: [(&str, &str, &[&str]); 31] = [
    ("supplex_requests_total", "counter", &["code", "method", "route"]),
    ("supplex_request_duration_seconds", "histogram", &["route"]),
    ("supplex_overhead_seconds", "histogram", &[]),
    ("supplex_upstream_requests_total", "counter", &["endpoint", "result", "upstream"]),
    ("supplex_upstream_duration_seconds", "histogram", &["upstream"]),
    ("supplex_upstream_in_flight", "gauge", &["endpoint", "upstream"]),
    ("supplex_endpoint_healthy", "gauge", &["endpoint", "upstream"]),
    ("supplex_breaker_state", "gauge", &["endpoint", "upstream"]),
    ("supplex_breaker_transitions_total", "counter", &["cause", "endpoint", "to", "upstream"]),
    ("supplex_rate_limit_decisions_total", "counter", &["decision", "limit", "source"]),
    ("supplex_retries_total", "counter", &["result", "upstream"]),
    ("supplex_connections", "gauge", &["listener", "state"]),
    ("supplex_connections_accepted_total", "counter", &["listener"]),
    ("supplex_local_replies_total", "counter", &["reason"]),
    ("supplex_config_generation", "gauge", &[]),
    ("supplex_reloads_total", "counter", &["result"]),
    ("supplex_worker_busy_ratio", "gauge", &["worker"]),
    ("supplex_worker_connections", "gauge", &["worker"]),
    ("supplex_worker_handoffs_total", "counter", &["worker"]),
    ("supplex_worker_stalls_total", "counter", &["worker"]),
    ("supplex_worker_link_drops_total", "counter", &["worker"]),
    ("supplex_worker_panics_total", "counter", &["worker"]),
    ("supplex_worker_receive_buffers", "gauge", &["worker"]),
    ("supplex_build_info", "gauge", &["version"]),
    ("process_cpu_seconds_total", "counter", &[]),
    ("process_resident_memory_bytes", "gauge", &[]),
    ("process_virtual_memory_bytes", "gauge", &[]),
    ("process_open_fds", "gauge", &[]),
    ("process_max_fds", "gauge", &[]),
    ("process_start_time_seconds", "gauge", &[]),
    ("process_threads", "gauge", &[]),
];

/// A gateway with everything that has metrics, after a few requests.
fn scrape() -> String {
    let upstream = Upstream::saying("ok");
    let address = upstream.address();
    let gateway = Gateway::start(
        &Config::of(&format!(
            "[[routes]]\nname = \"shop\"\nmatch = {{ prefix = \"/shop\" }}\nupstream = \"up\"\nlimits = [\"few\"]\n\
             retries = {{ max = 1 }}\n\
             [[routes]]\nname = \"own\"\nmatch = {{ prefix = \"/own\" }}\nupstream = \"up\"\nauth = \"users\"\n\
             [upstreams.up]\nendpoints = [\"{address}\"]\n[upstreams.up.breaker]\n[upstreams.up.health]\npath = \"/\"\n\
             [limits.few]\nrate = \"1/h\"\nburst = 2\n\
             [auth.users]\njwks = \"keys-are-not-there.json\"\nissuer = \"i\"\naudience = \"a\"\n"
        ))
        .gateway("workers = 2"),
    );
    let mut client = Client::connect(&gateway);
    for target in ["/shop", "/shop", "/shop", "/own", "/none"] {
        client.get(target);
    }
    gateway.wait_for_metric("supplex_overhead_seconds_count", 5.0);
    let response = gateway.admin("GET", "/metrics");
    assert_eq!(response.field("content-type"), Some("text/plain; version=0.0.4"));
    response.text().to_owned()
}

/// The names of the labels of a sample line, without `le`; and its metric.
fn parsed(line: &str) -> (&str, BTreeSet<&str>) {
    let Some((name, rest)) = line.split_once('{') else {
        return (line.split(' ').next().unwrap_or_default(), BTreeSet::new());
    };
    let (labels, _) = rest.rsplit_once('}').expect("labels end");
    let names = labels.split("\",").map(|label| label.split('=').next().unwrap_or_default());
    (name, names.filter(|name| !matches!(*name, "le" | "")).collect())
}

#[test]
fn every_name_of_the_contract_with_its_labels() {
    let text = scrape();
    let types: BTreeMap<&str, &str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
    for (family, kind, labels) in CONTRACT {
        assert_eq!(types.get(family), Some(&kind), "{family} in:\n{text}");
        let belongs = |metric: &str| match kind {
            "histogram" => metric.strip_prefix(family).is_some_and(|end| ["_bucket", "_sum", "_count"].contains(&end)),
            _ => metric == family,
        };
        let samples: Vec<_> = text.lines().map(parsed).filter(|(metric, _)| belongs(metric)).collect();
        assert!(!samples.is_empty(), "{family} in:\n{text}");
        for (_, found) in samples {
            assert_eq!(found.into_iter().collect::<Vec<_>>(), labels, "{family}");
        }
    }
}

#[test]
fn promtool_has_no_complaint() {
    let mut command = Command::new("promtool");
    let command =
        command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut tool = command.spawn().expect("promtool; it comes with the package `prometheus`");
    tool.stdin.take().expect("a pipe").write_all(scrape().as_bytes()).expect("written");
    let output = tool.wait_with_output().expect("an end");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && said.is_empty(), "{}", String::from_utf8_lossy(&said));
}
