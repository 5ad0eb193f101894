//! A collector that is gone, or answers nonsense, costs spans and nothing else.

use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message;

use crate::harness::{Client, Config, Gateway, Upstream, spans_to, wait_for};

/// Sends sampled requests, all of which must succeed, and returns how many spans they make.
fn ask(gateway: &Gateway, requests: usize) -> f64 {
    let mut client = Client::connect(gateway);
    for _ in 0..requests {
        assert_eq!(client.get("/").status(), 200);
    }
    2.0 * requests as f64
}

fn wait_for_drops(gateway: &Gateway, cause: &str, count: f64) {
    gateway.wait_for_metric(&format!("supplex_spans_dropped_total{{cause=\"{cause}\"}}"), count);
}

fn last_failure(gateway: &Gateway) -> String {
    gateway.document("/api/traces")["last_failure"]["why"].as_str().expect("a reason").to_owned()
}

#[test]
fn one_that_is_gone() {
    let upstream = Upstream::saying("ok");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let gateway = Gateway::start(&Config::to(&upstream).and(&spans_to(&nobody.to_string(), "sample_ratio = 1")));
    let spans = ask(&gateway, 10);
    wait_for_drops(&gateway, "failed", spans);
    assert!(last_failure(&gateway).contains("no connection"), "{}", last_failure(&gateway));
    let document = gateway.document("/api/traces");
    assert_eq!((&document["exported"], &document["dropped"]["failed"]), (&0.into(), &20.into()));
    assert_eq!(document["otlp_endpoint"], format!("http://{nobody}/v1/traces"));
}

#[test]
fn ones_that_refuse_or_talk_nonsense() {
    for (answer, why) in [
        ("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "500"),
        ("HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n", "401"),
        ("220 smtp.test ESMTP\r\n", "no HTTP response"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", "the answer cannot be read"),
    ] {
        let upstream = Upstream::saying("ok");
        let collector = Upstream::run(move |peer| {
            if peer.request().is_some() {
                peer.send(answer);
                if answer.contains("9999999") {
                    // More than anybody should read. It fails once nobody does.
                    while peer.try_send([b'x'; 4096]).is_ok() {}
                }
            }
        });
        let table = spans_to(&collector.address(), "sample_ratio = 1");
        let gateway = Gateway::start(&Config::to(&upstream).and(&table));
        let spans = ask(&gateway, 5);
        wait_for_drops(&gateway, "failed", spans);
        assert!(last_failure(&gateway).contains(why), "{answer}: {}", last_failure(&gateway));
    }
}

#[test]
fn one_that_takes_a_part() {
    let upstream = Upstream::saying("ok");
    let collector = Upstream::run(|peer| {
        while peer.request().is_some() {
            let partial = ExportTracePartialSuccess { rejected_spans: 1, error_message: "too odd".into() };
            let body = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            peer.send([head.as_bytes(), &body].concat());
        }
    });
    let table = spans_to(&collector.address(), "sample_ratio = 1");
    let gateway = Gateway::start(&Config::to(&upstream).and(&table));
    ask(&gateway, 1);
    wait_for_drops(&gateway, "rejected", 1.0);
    gateway.wait_for_metric("supplex_spans_exported_total", 1.0);
}

#[test]
fn one_that_never_answers_holds_up_nobody() {
    let upstream = Upstream::saying("ok");
    let collector = Upstream::run(|peer| {
        peer.request();
        // Until the gateway has enough.
        peer.request();
    });
    let table = spans_to(&collector.address(), "sample_ratio = 1");
    let gateway = Gateway::start(&Config::to(&upstream).and(&table));
    let spans = ask(&gateway, 1);
    wait_for("the batch at the collector", || collector.seen_so_far().pop());
    ask(&gateway, 20);
    wait_for_drops(&gateway, "failed", spans);
    assert!(last_failure(&gateway).contains("does not answer in time"));
}
