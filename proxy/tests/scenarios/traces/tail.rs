//! What failed or took long is kept although its trace is not sampled.

use std::thread;
use std::time::Duration;

use super::{TRACE, get_within, parts};
use crate::harness::{Client, Collector, Config, Gateway, Upstream};

#[test]
fn failures_are_kept() {
    let collector = Collector::start();
    let upstream = Upstream::run(|peer| {
        while let Some(request) = peer.request() {
            match request.target() {
                "/broken" => peer.send("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
                "/cut" => {
                    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart");
                    return;
                }
                "/mine" => peer.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
                _ => peer.answer("ok"),
            }
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream).and(&collector.table("sample_ratio = 0")));
    for target in ["/", "/mine", "/broken", "/"] {
        Client::connect(&gateway).request(get_within(target, false));
        assert_eq!(parts(&upstream.seen().message).2, "00", "the upstream is told what was known then");
    }
    let mut client = Client::connect(&gateway);
    client.send(get_within("/cut", false));
    client.head();
    let spans = collector.wait_for(4);
    let servers: Vec<_> = spans.iter().filter(|span| span.is_server()).collect();
    let kept: Vec<_> = servers.iter().map(|span| (span.get("url.path"), span.get("error.type"))).collect();
    assert_eq!(kept, [("/broken", "500"), ("/cut", "upstream.reset")]);
    for span in servers {
        assert_eq!((span.trace.as_str(), span.get("supplex.kept"), span.failed), (TRACE, "error", true));
    }
    let cut = spans.iter().rfind(|span| !span.is_server()).expect("an attempt");
    assert_eq!((cut.get("supplex.result"), cut.get("error.type"), cut.failed), ("reset", "reset", true));
    gateway.wait_for_metric("supplex_spans_exported_total", 4.0);
}

#[test]
fn what_takes_long_is_kept() {
    let collector = Collector::start();
    let upstream = Upstream::run(|peer| {
        while let Some(request) = peer.request() {
            if request.target() == "/slow" {
                // As long as it takes to be slow; longer does no harm.
                thread::sleep(Duration::from_millis(60));
            }
            peer.answer("ok");
        }
    });
    let table = collector.table("sample_ratio = 0").replace("24h", "50ms");
    let gateway = Gateway::start(&Config::to(&upstream).and(&table));
    Client::connect(&gateway).get("/slow");
    let spans = collector.wait_for(2);
    let server = spans.iter().find(|span| span.is_server()).expect("a SERVER span");
    assert_eq!((server.get("supplex.kept"), server.failed), ("slow", false));
    assert!(server.ended - server.begun >= 50_000_000, "{server:?}");
}
