//! Whoever began a trace decides whether it is sampled; of those that begin at the gateway it is a share.

use super::{TRACE, get_within, parts};
use crate::harness::{Client, Collector, Config, Gateway, Upstream};

#[test]
fn nothing_that_begins_here_is_sampled_at_zero() {
    let (upstream, collector) = (Upstream::saying("ok"), Collector::start());
    let gateway = Gateway::start(&Config::to(&upstream).and(&collector.table("sample_ratio = 0")));
    let mut client = Client::connect(&gateway);
    for _ in 0..20 {
        client.get("/unsampled");
        assert_eq!(parts(&upstream.seen().message).2, "00");
    }
    client.request(get_within("/unsampled", false));
    client.request(get_within("/sampled", true));
    let spans = collector.wait_for(2);
    assert!(spans.iter().all(|span| span.trace == TRACE), "{spans:?}");
    let server = spans.iter().find(|span| span.is_server()).expect("a SERVER span");
    assert_eq!((server.get("url.path"), server.get("supplex.kept")), ("/sampled", "sampled"));
    gateway.wait_for_metric("supplex_spans_exported_total", 2.0);
}

#[test]
fn everything_that_begins_here_is_sampled_at_one() {
    let (upstream, collector) = (Upstream::saying("ok"), Collector::start());
    let gateway = Gateway::start(&Config::to(&upstream).and(&collector.table("sample_ratio = 1")));
    let mut client = Client::connect(&gateway);
    let mut traces = Vec::new();
    for _ in 0..20 {
        client.get("/");
        let (trace, parent, flags) = parts(&upstream.seen().message);
        assert_eq!(flags, "01");
        traces.push((trace, parent));
    }
    client.request(get_within("/", false));
    assert_eq!(parts(&upstream.seen().message).2, "00", "a parent's no counts before");
    let spans = collector.wait_for(40);
    for (trace, parent) in traces {
        let of: Vec<_> = spans.iter().filter(|span| span.trace == trace).collect();
        let [server, attempt] = of[..] else { panic!("{of:?}") };
        assert!(server.is_server() && server.parent.is_empty(), "{server:?}");
        assert_eq!((attempt.parent.as_str(), attempt.id.as_str()), (server.id.as_str(), parent.as_str()));
    }
    gateway.wait_for_metric("supplex_spans_exported_total", 40.0);
    assert_eq!(gateway.metric("supplex_spans_dropped_total{cause=\"queue_full\"}"), Some(0.0));
}
