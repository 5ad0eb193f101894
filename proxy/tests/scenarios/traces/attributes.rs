//! What spans say: OpenTelemetry's conventions for HTTP, and the gateway's own words.

use super::{PARENT, TRACE, get_within};
use crate::harness::{Client, Collector, Config, Gateway, Upstream};

#[test]
fn a_server_span_says_what_happened() {
    let (upstream, collector) = (Upstream::saying("hello"), Collector::start());
    let address = upstream.address();
    let gateway = Gateway::start(&Config::of(&format!(
        "[[routes]]\nname = \"shop\"\nmatch = {{ prefix = \"/api/shop\" }}\nupstream = \"up\"\nstrip_prefix = \"/api\"\n\
         [upstreams.up]\nendpoints = [\"{address}\"]\n{}",
        collector.table("")
    )));
    let mut client = Client::connect(&gateway);
    let fields = format!("traceparent: 00-{TRACE}-{PARENT}-01\r\nX-Request-Id: id-1\r\nContent-Length: 3\r\n");
    client.request(format!("POST /api/shop/7?token=secret HTTP/1.1\r\nHost: shop.test:80\r\n{fields}\r\nabc"));
    let spans = collector.wait_for(2);
    let [server, attempt] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((server.service.as_str(), server.name.as_str()), ("supplex-gateway", "POST /api/shop/*"));
    assert_eq!((server.trace.as_str(), server.parent.as_str()), (TRACE, PARENT));
    for (name, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/api/shop/*"),
        ("http.response.status_code", "200"),
        ("http.request.body.size", "3"),
        ("http.response.body.size", "5"),
        ("url.path", "/api/shop/7"),
        ("url.scheme", "http"),
        ("server.address", "shop.test"),
        ("client.address", "127.0.0.1"),
        ("network.protocol.version", "1.1"),
        ("error.type", ""),
        ("supplex.request_id", "id-1"),
        ("supplex.route", "shop"),
        ("supplex.upstream", "up"),
        ("supplex.endpoint", address.as_str()),
        ("supplex.reason", ""),
        ("supplex.kept", "sampled"),
        ("supplex.attempts", "1"),
    ] {
        assert_eq!(server.get(name), value, "{name} in {server:?}");
    }
    let overhead: f64 = server.get("supplex.overhead").parse().expect("seconds");
    assert!(overhead > 0.0 && overhead * 1e9 <= (server.ended - server.begun) as f64, "{overhead}");
    let (host, port) = address.rsplit_once(':').expect("a port");
    for (name, value) in [
        ("http.request.method", "POST"),
        ("url.full", &format!("http://{address}/shop/7")),
        ("server.address", host),
        ("server.port", port),
        ("supplex.connection", "new"),
        ("supplex.result", "success"),
    ] {
        assert_eq!(attempt.get(name), value, "{name} in {attempt:?}");
    }
    assert!(!format!("{spans:?}").contains("secret"), "queries are not recorded");
}

#[test]
fn what_the_gateway_says_itself_has_its_reason() {
    let (upstream, collector) = (Upstream::saying("ok"), Collector::start());
    let gateway = Gateway::start(&Config::of(&format!(
        "[[routes]]\nname = \"a\"\nmatch = {{ exact = \"/a\" }}\nupstream = \"up\"\n\
         [upstreams.up]\nendpoints = [\"{}\"]\n{}",
        upstream.address(),
        collector.table("sample_ratio = 1")
    )));
    let mut client = Client::connect(&gateway);
    assert_eq!(client.request(get_within("/b", true)).status(), 404);
    assert_eq!(client.request("BREW /a HTTP/1.1\r\nHost: h\r\n\r\n").status(), 200);
    assert_eq!(client.request("GET / HTTP/3.0\r\n\r\n").status(), 505);
    let spans = collector.wait_for(4);
    let of =
        |status: &str| spans.iter().find(|span| span.is_server() && span.get("http.response.status_code") == status);
    let none = of("404").expect("a span");
    assert_eq!((none.name.as_str(), none.get("supplex.reason"), none.failed), ("GET", "route.none", false));
    let odd = of("200").expect("a span");
    assert_eq!(odd.name, "HTTP /a");
    assert_eq!((odd.get("http.request.method"), odd.get("http.request.method_original")), ("_OTHER", "BREW"));
    let malformed = of("505").expect("a span");
    assert_eq!((malformed.get("supplex.reason"), malformed.get("url.path")), ("request.version_unsupported", ""));
}
