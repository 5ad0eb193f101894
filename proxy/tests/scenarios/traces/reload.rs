//! Where spans go and how many is read anew with the configuration.

use super::get_within;
use crate::harness::{Client, Collector, Config, Gateway, Upstream};

#[test]
fn spans_follow_the_configuration() {
    let (upstream, first, second) = (Upstream::saying("ok"), Collector::start(), Collector::start());
    let config = |table: &str| Config::to(&upstream).and(table);
    let gateway = Gateway::start(&config(&first.table("sample_ratio = 0")));
    Client::connect(&gateway).request(get_within("/first", true));
    first.wait_for(2);

    gateway.rewrite(&config(&second.table("sample_ratio = 1")).text());
    gateway.wait_for_generation(2);
    Client::connect(&gateway).get("/second");
    assert_eq!(second.wait_for(2)[0].get("url.path"), "/second");

    gateway.rewrite(&config("").text());
    gateway.wait_for_generation(3);
    Client::connect(&gateway).request(get_within("/third", true));
    assert!(gateway.document("/api/traces")["otlp_endpoint"].is_null());

    gateway.rewrite(&config(&first.table("")).text());
    gateway.wait_for_generation(4);
    Client::connect(&gateway).request(get_within("/fourth", true));
    let spans = first.wait_for(4);
    let paths: Vec<_> = spans.iter().filter(|span| span.is_server()).map(|span| span.get("url.path")).collect();
    assert_eq!((paths, second.spans().len()), (vec!["/first", "/fourth"], 2));
}
