//! A trace that a client began goes on; what cannot be read as one begins anew.

use std::fs;

use serde_json::Value;

use super::{PARENT, TRACE, get, parts};
use crate::harness::{Client, Config, Gateway, Upstream, wait_for};

#[test]
fn a_clients_trace_goes_on_with_the_gateway_as_parent() {
    let upstream = Upstream::saying("ok");
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let mut parents = vec![PARENT.to_owned()];
    for flags in ["01", "00", "03", "01"] {
        let state = "tracestate: a=1\r\nTraceState: b=2\r\n";
        client.request(get("/", &format!("TraceParent: 00-{TRACE}-{PARENT}-{flags}\r\n{state}")));
        let seen = upstream.seen().message;
        let (trace, parent, told) = parts(&seen);
        assert_eq!((trace.as_str(), told.as_str()), (TRACE, flags));
        assert!(!parents.contains(&parent), "{parent} was there before");
        parents.push(parent);
        assert_eq!(seen.all("tracestate"), ["a=1", "b=2"]);
    }
}

#[test]
fn what_is_malformed_begins_a_new_trace_without_its_state() {
    let upstream = Upstream::saying("ok");
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let good = format!("00-{TRACE}-{PARENT}-01");
    let twice = format!("traceparent: {good}\r\ntraceparent: {good}\r\n");
    let cases = [
        String::new(),
        "traceparent: \r\n".to_owned(),
        twice,
        format!("traceparent: {}\r\n", good.to_uppercase()),
        format!("traceparent: {good}-more\r\n"),
        format!("traceparent: ff{}\r\n", &good[2..]),
        format!("traceparent: 00-{}-{PARENT}-01\r\n", "0".repeat(32)),
        format!("traceparent: 00-{TRACE}-{}-01\r\n", "0".repeat(16)),
    ];
    let mut traces = vec![TRACE.to_owned()];
    for case in cases {
        client.request(get("/", &format!("{case}tracestate: a=1\r\n")));
        let seen = upstream.seen().message;
        let (trace, ..) = parts(&seen);
        assert!(!traces.contains(&trace), "{case}");
        traces.push(trace);
        assert_eq!(seen.field("tracestate"), None, "{case}");
    }
}

#[test]
fn a_state_that_breaks_the_grammar_is_dropped_alone() {
    let upstream = Upstream::saying("ok");
    let gateway = Gateway::start(&Config::to(&upstream));
    let state = "tracestate: a=1,a=2\r\n";
    Client::connect(&gateway).request(get("/", &format!("traceparent: 00-{TRACE}-{PARENT}-01\r\n{state}")));
    let seen = upstream.seen().message;
    assert_eq!((parts(&seen).0.as_str(), seen.field("tracestate")), (TRACE, None));
}

#[test]
fn a_route_can_do_without() {
    let upstream = Upstream::saying("ok");
    let gateway = Gateway::start(&Config::to(&upstream).route("request_headers = { remove = [\"traceparent\"] }"));
    Client::connect(&gateway).get("/");
    assert_eq!(upstream.seen().message.field("traceparent"), None);
}

#[test]
fn the_trace_stands_in_the_access_log() {
    let upstream = Upstream::saying("ok");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("access.log");
    let telemetry = format!("[telemetry]\nsample_ratio = 1\naccess_log = {{ path = \"{}\" }}", path.display());
    let gateway = Gateway::start(&Config::to(&upstream).and(&telemetry));
    let mut client = Client::connect(&gateway);
    client.request(get("/", &format!("traceparent: 00-{TRACE}-{PARENT}-00\r\n")));
    client.get("/");
    assert_eq!(client.request("GET / HTTP/3.0\r\n\r\n").status(), 505);
    let lines = wait_for("three lines", || {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        (lines.len() == 3).then_some(lines)
    });
    upstream.seen();
    let fresh = parts(&upstream.seen().message).0;
    assert_eq!((&lines[0]["trace_id"], &lines[0]["sampled"]), (&TRACE.into(), &false.into()));
    assert_eq!((&lines[1]["trace_id"], &lines[1]["sampled"]), (&fresh.into(), &true.into()));
    assert_eq!(lines[2]["trace_id"].as_str().map(str::len), Some(32), "also what could not be parsed has one");
}
