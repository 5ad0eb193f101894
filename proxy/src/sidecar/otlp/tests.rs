//! What spans say of an exchange, and that the exporter ends in time.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::trace::SpanData;
use supplex_engine::config::{RouteId, UpstreamId};
use supplex_engine::http1::{Method, Version};
use supplex_engine::reason::Reason;
use supplex_engine::stats::block::AttemptResult;
use supplex_engine::trace::{Attempt, Flags, Happening, Kept, SpanId, TraceId, Trail};

use super::super::sample::snapshot;
use super::spans::spans_of;
use super::*;
use crate::link::spans::Finished;

fn attempt(span: u64, endpoint: u16, begun: u64, result: AttemptResult, status: Option<u16>) -> Attempt {
    Attempt {
        span: SpanId::random(span),
        upstream: Some(UpstreamId(0)),
        endpoint,
        begun,
        ended: begun + 10,
        result: Some(result),
        status,
        pooled: true,
        hedge: false,
        probe: false,
    }
}

fn finished() -> Finished {
    let mut trail = Trail::new();
    trail.begin(b"shop.test", Some(IpAddr::from([192, 0, 2, 9])));
    // In the order in which they ended, not in that in which they began.
    trail.add(attempt(12, 1, 1_200, AttemptResult::Success, Some(404)));
    trail.add(attempt(11, 0, 1_100, AttemptResult::Timeout, None));
    trail.note(1_050, Happening::Queued { waited: 50 });
    trail.note(1_060, Happening::BreakersOpen { upstream: Some(UpstreamId(0)) });
    Finished {
        snapshot: Arc::new(snapshot(1, &["a"], &[("up", &["127.0.0.1:1", "[::1]:2"])])),
        trace: TraceId::new(5).expect("not zero"),
        parent: None,
        span: SpanId::random(10),
        flags: Flags::default(),
        kept: Kept::Error,
        route: Some(RouteId(0)),
        upstream: Some(UpstreamId(0)),
        method: Method::Get,
        version: Version::Http11,
        method_token: (*b"GET").into(),
        path: (*b"/a/b").into(),
        request_id: (*b"id").into(),
        peer: IpAddr::from([127, 0, 0, 1]),
        status: Some(504),
        reason: Some(Reason::UpstreamTimeout),
        failed: true,
        started: 1_000,
        since_1970: 1_000_000_000_000,
        duration: 500,
        overhead: 30,
        received: 0,
        sent: 0,
        trail: Box::new(trail),
    }
}

fn said(span: &SpanData, name: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == name);
    found.map(|attribute| attribute.value.to_string()).unwrap_or_default()
}

#[test]
fn an_exchange_is_a_span_with_its_attempts_below() {
    let spans = spans_of(&finished());
    let [server, first, second] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((&server.span_kind, server.name.as_ref()), (&SpanKind::Server, "GET /a/*"));
    assert_eq!(server.start_time, std::time::UNIX_EPOCH + Duration::from_nanos(1_000_000_001_000));
    assert_eq!(server.end_time.duration_since(server.start_time).ok(), Some(Duration::from_nanos(500)));
    assert_eq!(said(server, "client.address"), "192.0.2.9", "as a trusted proxy says");
    assert_eq!(
        (said(server, "network.peer.address"), said(server, "error.type")),
        ("127.0.0.1".into(), "upstream.timeout".into())
    );
    let names: Vec<_> = server.events.iter().map(|event| event.name.as_ref()).collect();
    assert_eq!(names, ["supplex.queue", "supplex.breaker"]);
    for (span, endpoint, error, again) in [(first, "127.0.0.1:1", "timeout", ""), (second, "[::1]:2", "404", "1")] {
        assert_eq!((&span.span_kind, span.parent_span_id), (&SpanKind::Client, server.span_context.span_id()));
        assert_eq!(span.span_context.trace_id(), server.span_context.trace_id());
        assert_eq!(said(span, "supplex.endpoint"), endpoint);
        assert_eq!(said(span, "url.full"), format!("http://{endpoint}/a/b"));
        assert_eq!((said(span, "error.type"), said(span, "http.request.resend_count")), (error.into(), again.into()));
    }
    assert_eq!(said(second, "server.address"), "::1");
}

#[test]
fn what_is_gone_from_the_snapshot_is_left_out() {
    let mut finished = finished();
    finished.snapshot = Arc::new(snapshot(1, &[], &[]));
    let spans = spans_of(&finished);
    assert_eq!((spans.len(), spans[0].name.as_ref()), (3, "GET"));
    assert_eq!((said(&spans[0], "supplex.route"), said(&spans[1], "supplex.endpoint")), (String::new(), String::new()));
}

#[test]
fn without_a_collector_spans_are_dropped_and_counted() {
    let (sender, control) = start().expect("an exporter");
    sender.try_send(Box::new(finished())).expect("room");
    control.end();
    assert_eq!((control.totals().failed.get(), control.totals().exported.get()), (3, 0));
    assert_eq!(sender.try_send(Box::new(finished())), Err(3), "it has ended");
}

#[test]
fn a_collector_that_hangs_does_not_hold_up_the_end() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = socket.local_addr().expect("an address").port();
    let (sender, control) = start().expect("an exporter");
    control.retarget(Some(&Collector {
        authority: format!("127.0.0.1:{port}").into(),
        host: "127.0.0.1".into(),
        port,
        target: "/v1/traces".into(),
    }));
    sender.try_send(Box::new(finished())).expect("room");
    let begun = Instant::now();
    control.end();
    assert!(begun.elapsed() < Duration::from_secs(20), "it gives up");
    assert_eq!(control.totals().exported.get(), 0);
    assert!(control.totals().failed.get() + control.totals().cut.get() <= 3);
}
