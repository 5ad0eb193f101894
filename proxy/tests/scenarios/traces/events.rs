//! Decisions of limits and breakers are events of the exchange.

use crate::harness::{Client, Collector, Config, Gateway, Upstream};

#[test]
fn limits_say_how_and_why_they_decided() {
    let (upstream, collector) = (Upstream::saying("ok"), Collector::start());
    let limit = "[limits.few]\nrate = \"1/d\"\nburst = 1\nkey = \"global\"\nstore = \"local\"\nprecision = \"exact\"\n";
    let config = Config::to(&upstream).route("limits = [\"few\"]").and(limit).and(&collector.table("sample_ratio = 1"));
    let gateway = Gateway::start(&config);
    let mut client = Client::connect(&gateway);
    assert_eq!((client.get("/1").status(), client.get("/2").status()), (200, 429));
    let spans = collector.wait_for(3);
    let decided = |path: &str| {
        let span = spans.iter().find(|span| span.is_server() && span.get("url.path") == path).expect("a span");
        let [(name, said)] = &span.events[..] else { panic!("{span:?}") };
        assert_eq!((name.as_str(), said["supplex.limit"].as_str()), ("supplex.limit", "few"));
        (said["supplex.decision"].clone(), said["supplex.source"].clone(), span.get("supplex.reason").to_owned())
    };
    assert_eq!(decided("/1"), ("admitted".into(), "store".into(), String::new()));
    assert_eq!(decided("/2").0, "refused");
    assert_eq!(decided("/2").2, "limit.exceeded");
}

#[test]
fn open_breakers_are_told() {
    let (upstream, collector) = (Upstream::saying("ok"), Collector::start());
    let config = Config::to(&upstream).upstream("breaker = {}").and(&collector.table("sample_ratio = 0"));
    let gateway = Gateway::start(&config);
    assert_eq!(gateway.admin("POST", "/api/breakers?upstream=up&state=open").status(), 200);
    assert_eq!(Client::connect(&gateway).get("/").status(), 503);
    let spans = collector.wait_for(1);
    let [span] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((span.get("supplex.reason"), span.get("error.type")), ("breaker.open", "breaker.open"));
    let [(name, said)] = &span.events[..] else { panic!("{span:?}") };
    assert_eq!(name, "supplex.breaker");
    assert_eq!((said["supplex.decision"].as_str(), said["supplex.upstream"].as_str()), ("refused", "up"));
}
