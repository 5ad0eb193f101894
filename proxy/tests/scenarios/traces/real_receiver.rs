//! A receiver that others wrote understands what is sent.

use super::{PARENT, TRACE, get_within, parts};
use crate::harness::{Client, Config, Gateway, Receiver, Upstream, spans_to};

#[test]
fn spans_are_understood() {
    let (upstream, receiver) = (Upstream::saying("ok"), Receiver::start());
    let gateway = Gateway::start(&Config::to(&upstream).and(&spans_to(&receiver.address(), "")));
    Client::connect(&gateway).request(get_within("/a", true));
    let attempt = parts(&upstream.seen().message).1;
    let spans = receiver.wait_for(2);
    let of_kind = |kind: i64| spans.iter().find(|span| span["kind"] == kind).expect("a span of this kind");
    let (server, client) = (of_kind(2), of_kind(3));
    assert_eq!((&server["traceId"], &client["traceId"]), (&TRACE.into(), &TRACE.into()));
    assert_eq!((&server["parentSpanId"], &client["parentSpanId"]), (&PARENT.into(), &server["spanId"]));
    assert_eq!(client["spanId"], attempt);
    assert_eq!((&server["name"], &client["name"]), (&"GET /*".into(), &"GET".into()));
    let attributes = server["attributes"].as_array().expect("attributes");
    let status = attributes.iter().find(|attribute| attribute["key"] == "http.response.status_code");
    assert_eq!(status.expect("a status")["value"]["intValue"], "200");
    gateway.wait_for_metric("supplex_spans_exported_total", 2.0);
}
