//! Every response says what is left, and a refusal how long to wait.

use serde_json::Value;

use crate::harness::{Client, Config, Gateway, Upstream, assert_problem};

#[test]
fn what_clients_are_told() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let limits = "[limits.per-client]\nrate = \"1/m\"\nburst = 2\nprecision = \"exact\"\n\
                  [limits.all]\nrate = \"1/h\"\nburst = 100\nkey = \"global\"\nprecision = \"exact\"";
    let gateway = Gateway::start(&Config::to(&upstream).route("limits = [\"per-client\", \"all\"]").and(limits));
    let mut client = Client::connect(&gateway);
    let policy = "\"per-client\";q=2;w=120, \"all\";q=100;w=360000";
    let first = client.get("/");
    assert_eq!((first.status(), first.field("ratelimit-policy")), (200, Some(policy)));
    assert_eq!(first.field("ratelimit"), Some("\"per-client\";r=1;t=60, \"all\";r=99;t=3600"));
    assert_eq!(first.field("retry-after"), None);
    assert_eq!(client.get("/").status(), 200);

    let refused = client.get("/");
    assert_problem(&refused, 429, "limit.exceeded");
    assert_eq!(refused.field("ratelimit-policy"), Some(policy));
    assert!(refused.field("ratelimit").is_some_and(|state| state.starts_with("\"per-client\";r=0;t=")));
    assert!(refused.field("proxy-status").is_some_and(|status| status.contains("error=http_request_denied")));
    assert_eq!(refused.field("connection"), None, "a request without a body leaves the connection as it was");
    let wait: u64 = refused.field("retry-after").and_then(|text| text.parse().ok()).expect("seconds to wait");
    assert!((1..=60).contains(&wait), "{wait}");
    let document: Value = serde_json::from_slice(&refused.body).expect("JSON");
    assert_eq!((&document["limit"], &document["retry_after"]), (&Value::from("per-client"), &Value::from(wait)));
    assert_eq!(upstream.seen_so_far().len(), 2, "a refused request is not forwarded");
    gateway.wait_for_metric("supplex_local_replies_total{reason=\"limit.exceeded\"}", 1.0);
}
