//! Every attempt is a span of its own below that of the exchange, and its endpoint's parent.

use super::{PARENT, TRACE, get_within, parts};
use crate::harness::{Client, Collector, Config, Gate, Gateway, Upstream};

const BUDGET: &str = "retry_budget = { min_per_second = 1000 }\nbalance = \"round_robin\"";

#[test]
fn a_retry_is_a_second_span() {
    let collector = Collector::start();
    let down = Upstream::answering("HTTP/1.1 503 Down\r\nContent-Length: 4\r\n\r\ndown");
    let up = Upstream::saying("ok");
    let config = Config::to_endpoints(&[down.address(), up.address()]);
    let config = config.route("retries = { backoff = \"1ms\" }").upstream(BUDGET).and(&collector.table(""));
    let gateway = Gateway::start(&config);
    assert_eq!(Client::connect(&gateway).request(get_within("/a?b", true)).status(), 200);
    let told = [&down, &up].map(|upstream| upstream.seen().message);
    let spans = collector.wait_for(3);
    let [server, first, second] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((server.kind, first.kind, second.kind), ("SERVER", "CLIENT", "CLIENT"));
    assert_eq!((server.parent.as_str(), server.failed), (PARENT, false));
    assert_eq!((server.get("supplex.attempts"), server.get("supplex.endpoint")), ("2", up.address().as_str()));
    for (attempt, told, upstream) in [(first, &told[0], &down), (second, &told[1], &up)] {
        let (trace, parent, flags) = parts(told);
        assert_eq!((trace.as_str(), flags.as_str()), (TRACE, "01"));
        assert_eq!(attempt.id, parent, "the endpoint was told which attempt it is");
        assert_eq!((attempt.trace.as_str(), &attempt.parent), (TRACE, &server.id));
        assert_eq!(attempt.get("supplex.endpoint"), upstream.address());
        assert_eq!(attempt.get("url.full"), format!("http://{}/a", upstream.address()));
        assert!(server.begun <= attempt.begun && attempt.begun <= attempt.ended && attempt.ended <= server.ended);
    }
    assert_ne!(first.id, second.id);
    assert_eq!((first.get("error.type"), first.failed, first.get("http.request.resend_count")), ("503", true, ""));
    assert_eq!((second.get("error.type"), second.failed, second.get("http.request.resend_count")), ("", false, "1"));
    assert_eq!(server.events.iter().filter(|(name, _)| name == "supplex.backoff").count(), 1);
}

#[test]
fn attempts_that_reach_nobody_have_spans_too() {
    let collector = Collector::start();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let config = Config::to_address(&nobody.to_string()).and(&collector.table("sample_ratio = 1"));
    let gateway = Gateway::start(&config);
    assert_eq!(Client::connect(&gateway).get("/").status(), 502);
    let spans = collector.wait_for(2);
    assert_eq!((spans[0].get("error.type"), spans[0].failed), ("upstream.connect", true));
    assert_eq!((spans[1].get("error.type"), spans[1].failed), ("connect", true));
    assert_eq!(spans[1].get("http.response.status_code"), "");
}

#[test]
fn a_hedge_is_a_span_beside_the_first() {
    let (collector, gate) = (Collector::start(), Gate::new());
    let opened = gate.clone();
    let slow = Upstream::run(move |peer| {
        if peer.request().is_some() {
            opened.pass();
        }
    });
    let fast = Upstream::saying("ok");
    let config = Config::to_endpoints(&[slow.address(), fast.address()]).route("hedge = { after = \"20ms\" }");
    let gateway = Gateway::start(&config.upstream(BUDGET).and(&collector.table("sample_ratio = 1")));
    assert_eq!(Client::connect(&gateway).get("/").text(), "ok");
    let told = [&slow, &fast].map(|upstream| parts(&upstream.seen().message).1);
    let spans = collector.wait_for(3);
    let [server, first, second] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!([&first.id, &second.id], [&told[0], &told[1]]);
    assert_eq!((first.get("supplex.result"), first.failed), ("cancelled", false));
    assert_eq!((second.get("supplex.result"), second.get("supplex.hedge")), ("success", "true"));
    assert_eq!((&first.parent, &second.parent), (&server.id, &server.id));
    gate.open();
}
