//! What the upstream gets, request by request.

use super::*;
use crate::http1::Limits;

/// What differs from a plain request of an unknown client.
struct Case<'a> {
    rewrite: Rewrite,
    edits: HeaderEdits,
    vouched: Vec<(Box<str>, Box<str>)>,
    client: &'a str,
    trusted: bool,
    secure: bool,
    request_id: &'a str,
    deadline_ms: Option<u64>,
    trace: Option<Onward>,
}

impl Default for Case<'_> {
    fn default() -> Self {
        Self {
            rewrite: Rewrite::default(),
            edits: HeaderEdits::default(),
            vouched: Vec::new(),
            client: "192.0.2.7",
            trusted: false,
            secure: false,
            request_id: "id-1",
            deadline_ms: None,
            trace: None,
        }
    }
}

impl Case<'_> {
    fn forward(&self, request: &str) -> String {
        let mut head = RequestHead::new();
        let limits = Limits { bytes: 4096, fields: 64 };
        assert_eq!(head.parse(request.as_bytes(), limits), Ok(Some(request.len())), "{request:?}");
        let mut out = Vec::new();
        let cx = RequestContext {
            head: &head,
            bytes: request.as_bytes(),
            rewrite: &self.rewrite,
            edits: &self.edits,
            vouched: Vouched { fields: &self.vouched, identity: None },
            client: self.client.parse().unwrap(),
            trusted: self.trusted,
            secure: self.secure,
            request_id: self.request_id.as_bytes(),
            deadline_ms: self.deadline_ms,
            trace: self.trace,
        };
        let stamps = write_request(&mut out, &cx);
        let span = stamps.span.map(|digits| out[digits].to_vec());
        let adds = fields::adds(&self.edits, "traceparent");
        let parent = self.trace.filter(|_| adds).map(|trace| trace.parent.span.hex().to_vec());
        assert_eq!(span, parent, "where the parent id is");
        let written = stamps.deadline.map(|digits| out[digits].to_vec());
        assert_eq!(written, self.deadline_ms.map(|millis| millis.to_string().into_bytes()), "where the digits are");
        String::from_utf8(out).unwrap()
    }

    /// Without the start line, Host, and the fields that every request gets.
    fn kept(&self, fields: &str) -> String {
        let out = self.forward(&format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
        let start = "POST / HTTP/1.1\r\nhost: a\r\n".len();
        let end = out.find("x-forwarded-for").unwrap_or(out.len());
        out[start..end].to_owned()
    }
}

fn edits(remove: &[&str], set: &[(&str, &str)]) -> HeaderEdits {
    HeaderEdits {
        remove: remove.iter().map(|name| (*name).into()).collect(),
        set: set.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
    }
}

#[test]
fn a_typical_request_goes_on_like_this() {
    let request = "GET /a?b HTTP/1.1\r\nUser-Agent: curl\r\nHost: Shop.test:8080\r\nConnection: keep-alive\r\nAccept: */*\r\n\r\n";
    assert_eq!(
        Case::default().forward(request),
        "GET /a?b HTTP/1.1\r\nhost: Shop.test:8080\r\nUser-Agent: curl\r\nAccept: */*\r\nx-forwarded-for: 192.0.2.7\r\n\
         x-forwarded-proto: http\r\nx-forwarded-host: Shop.test:8080\r\nx-request-id: id-1\r\nvia: 1.1 supplex\r\n\r\n"
    );
}

#[test]
fn old_and_absolute_requests_become_origin_form_1_1() {
    let out = Case::default().forward("GET http://b/%7ea/../c?d HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(out.starts_with("GET /c?d HTTP/1.1\r\nhost: b\r\n"), "{out}");
    let out = Case::default().forward("GET / HTTP/1.0\r\nHost: a\r\nX: y\r\n\r\n");
    assert!(out.starts_with("GET / HTTP/1.1\r\nhost: a\r\nX: y\r\n"), "{out}");
    assert!(out.contains("via: 1.0 supplex\r\n"), "{out}");
    let out = Case::default().forward("GET / HTTP/1.0\r\n\r\n");
    assert!(out.starts_with("GET / HTTP/1.1\r\nhost: \r\nx-forwarded-for"), "{out}");
    assert!(!out.contains("x-forwarded-host"), "{out}");
    let out = Case::default().forward("OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(out.starts_with("OPTIONS * HTTP/1.1\r\nhost: b\r\n"), "{out}");
}

#[test]
fn paths_are_rewritten_by_whole_segments() {
    let path = |strip: Option<&str>, add: Option<&str>, target: &str| {
        let rewrite = Rewrite { strip_prefix: strip.map(Into::into), add_prefix: add.map(Into::into) };
        let out = Case { rewrite, ..Case::default() }.forward(&format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
        out.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!(path(Some("/api"), None, "/api/products?x=/api"), "/products?x=/api");
    assert_eq!(path(Some("/api"), None, "/api"), "/");
    assert_eq!(path(Some("/api"), None, "/api?x"), "/?x");
    assert_eq!(path(Some("/api/"), None, "/api/x"), "/x");
    assert_eq!(path(Some("/api"), None, "/apix"), "/apix");
    assert_eq!(path(Some("/api"), None, "/a/%2e./api/./x"), "/x");
    assert_eq!(path(Some("/api"), Some("/v2"), "/api/x"), "/v2/x");
    assert_eq!(path(Some("/api"), Some("/v2"), "/api"), "/v2/");
    assert_eq!(path(None, Some("/v2"), "/x"), "/v2/x");
    let rewrite = Rewrite { strip_prefix: None, add_prefix: Some("/v2".into()) };
    let out = Case { rewrite, ..Case::default() }.forward("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(out.starts_with("OPTIONS * HTTP/1.1\r\n"), "{out}");
}

#[test]
fn fields_of_this_hop_stay_here() {
    let case = Case::default();
    assert_eq!(
        case.kept("A: 1\r\nConnection: close, x-y\r\nX-Y: 2\r\nB: 3\r\nKeep-Alive: 4\r\nProxy-Connection: x\r\n"),
        "A: 1\r\nB: 3\r\n"
    );
    assert_eq!(case.kept("Upgrade: websocket\r\nHTTP2-Settings: x\r\n"), "");
    assert_eq!(case.kept("Connection: upgrade\r\nUpgrade: h2c\r\nA: 1\r\n"), "A: 1\r\n");
    assert_eq!(case.kept("Content-Length:\t003 \r\nConnection: close\r\n"), "content-length: 3\r\n");
    assert_eq!(case.kept("Content_Length: 3\r\nX_Forwarded_For: 1.1.1.1\r\nProxy: evil\r\nA_B: 1\r\n"), "A_B: 1\r\n");
    assert_eq!(case.kept("Transfer-Encoding: Chunked\r\nA: 1\r\n"), "A: 1\r\ntransfer-encoding: chunked\r\n");
    assert_eq!(case.kept("TE: gzip, Trailers\r\nConnection: te\r\n"), "connection: te\r\nte: trailers\r\n");
    assert_eq!(case.kept("TE: gzip\r\n"), "");
    assert_eq!(
        case.kept("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nTE: trailers\r\n"),
        "Sec-WebSocket-Version: 13\r\nconnection: upgrade, te\r\nupgrade: websocket\r\nte: trailers\r\n"
    );
}

#[test]
fn expectations_go_on_only_with_a_body() {
    let case = Case::default();
    let kept = "Expect: 100-continue\r\ncontent-length: 3\r\n";
    assert_eq!(case.kept(kept), kept);
    assert_eq!(case.kept("Expect: 100-continue\r\n"), "");
}

#[test]
fn claims_of_strangers_are_replaced() {
    let claims = "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Real-IP: 1.1.1.1\r\n\
                  Forwarded: for=1.1.1.1\r\nX-Forwarded-Port: 1\r\nX-Request-Id: theirs\r\nVia: 1.1 x\r\ntraceparent: 00-a-b-01\r\n";
    let out = Case::default().forward(&format!("GET / HTTP/1.1\r\nHost: a\r\n{claims}\r\n"));
    assert_eq!(
        out,
        "GET / HTTP/1.1\r\nhost: a\r\nVia: 1.1 x\r\ntraceparent: 00-a-b-01\r\nx-forwarded-for: 192.0.2.7\r\n\
         x-forwarded-proto: http\r\nx-forwarded-host: a\r\nx-request-id: id-1\r\nvia: 1.1 supplex\r\n\r\n"
    );
}

#[test]
fn claims_of_trusted_proxies_are_kept_and_continued() {
    let case = Case { trusted: true, secure: true, client: "::ffff:10.0.0.109", request_id: "", ..Case::default() };
    let claims = "X-Forwarded-For: 1.1.1.1, 2.2.2.2\r\nX-Forwarded-Proto: http\r\nX-Forwarded-For:\r\nX-Forwarded-For: 3.3.3.3\r\n\
                  X-Request-Id: theirs\r\nX-Real-IP: 1.1.1.1\r\n";
    let out = case.forward(&format!("GET / HTTP/1.1\r\nHost: a\r\n{claims}\r\n"));
    assert_eq!(
        out,
        "GET / HTTP/1.1\r\nhost: a\r\nX-Forwarded-Proto: http\r\nX-Request-Id: theirs\r\nX-Real-IP: 1.1.1.1\r\n\
         x-forwarded-for: 1.1.1.1, 2.2.2.2, 3.3.3.3, 10.0.0.109\r\nx-forwarded-host: a\r\nvia: 1.1 supplex\r\n\r\n"
    );
    let fresh = case.forward("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(
        fresh.contains("x-forwarded-for: 10.0.0.109\r\nx-forwarded-proto: https\r\nx-forwarded-host: a\r\n"),
        "{fresh}"
    );
}

#[test]
fn addresses_are_written_as_text() {
    for address in ["0.0.0.0", "1.20.100.255", "9.10.99.100", "2001:db8::1"] {
        let out = Case { client: address, ..Case::default() }.forward("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert!(out.contains(&format!("x-forwarded-for: {address}\r\n")), "{out}");
    }
}

#[test]
fn edits_remove_and_set_but_never_touch_framing() {
    let edits = edits(
        &["x-internal", "content-length", "via", "x-request-id"],
        &[
            ("x-gateway", "supplex"),
            ("x-forwarded-for", "hidden"),
            ("host", "inner.test"),
            ("transfer-encoding", "gzip"),
        ],
    );
    let request = "POST / HTTP/1.1\r\nHost: a\r\nX-Internal: 1\r\nContent-Length: 3\r\nX-Gateway: fake\r\nA: 1\r\n\r\n";
    assert_eq!(
        Case { edits, ..Case::default() }.forward(request),
        "POST / HTTP/1.1\r\nhost: inner.test\r\nA: 1\r\ncontent-length: 3\r\nx-forwarded-proto: http\r\n\
         x-forwarded-host: a\r\nx-gateway: supplex\r\nx-forwarded-for: hidden\r\n\r\n"
    );
}

#[test]
fn the_deadline_is_the_gateways_own() {
    let request = "GET / HTTP/1.1\r\nHost: a\r\nX-Request-Deadline-Ms: 99999\r\n\r\n";
    for trusted in [false, true] {
        let out = Case { trusted, deadline_ms: Some(250), ..Case::default() }.forward(request);
        assert_eq!(out.matches("eadline-").count(), 1, "{out}");
        assert!(out.contains("\r\nx-request-deadline-ms: 250\r\n"), "{out}");
    }
    assert!(!Case::default().forward(request).contains("eadline"));
}

#[test]
fn what_the_gateway_vouches_for_is_never_a_clients() {
    let case = Case { vouched: vec![("x-user-id".into(), "sub".into())], ..Case::default() };
    assert_eq!(
        case.kept("a: 1\r\nX-User-Id: 7\r\nb: 2\r\nx_user_ID: 7\r\nx-user-id: 8\r\nc: 3\r\n"),
        "a: 1\r\nb: 2\r\nc: 3\r\n"
    );
}

#[test]
fn the_trace_goes_on_with_another_parent() {
    use crate::trace::{Flags, SpanId, TraceId};
    let parent = TraceParent {
        trace: TraceId::new(0xabc).unwrap(),
        span: SpanId::new(0xdef).unwrap(),
        flags: Flags::default().with_sampled(true),
    };
    let own = "traceparent: 00-00000000000000000000000000000abc-0000000000000def-01\r\n";
    let claims = "TraceParent: 00-1-2-00\r\na: 1\r\ntraceparent: 00-3-4-00\r\nTracestate: b=1\r\ntracestate: c=2\r\n";
    let request = format!("GET / HTTP/1.1\r\nHost: a\r\n{claims}\r\n");
    for keeps_state in [true, false] {
        let case = Case { trace: Some(Onward { parent, keeps_state }), deadline_ms: Some(9), ..Case::default() };
        let out = case.forward(&request);
        assert_eq!(out.to_ascii_lowercase().matches("traceparent").count(), 1, "{out}");
        assert!(out.contains(own), "{out}");
        let state = out.contains("Tracestate: b=1\r\ntracestate: c=2\r\n");
        assert_eq!((state, out.to_ascii_lowercase().contains("tracestate")), (keeps_state, keeps_state), "{out}");
    }
    let edits = edits(&["traceparent"], &[]);
    let case = Case { edits, trace: Some(Onward { parent, keeps_state: false }), ..Case::default() };
    assert!(!case.forward(&request).to_ascii_lowercase().contains("trace"), "the route wants none");
}
