//! What was recorded until the end is sent before the process ends; a collector that hangs does not keep it.

use std::time::{Duration, Instant};

use super::get_within;
use crate::harness::{Client, Collector, Config, Gateway, Upstream, spans_to};

#[test]
fn spans_at_hand_are_flushed() {
    let (upstream, collector) = (Upstream::saying("ok"), Collector::start());
    let mut gateway = Gateway::start(&Config::to(&upstream).and(&collector.table("")));
    let mut client = Client::connect(&gateway);
    for _ in 0..30 {
        client.request(get_within("/", true));
    }
    gateway.tell_to_end();
    assert_eq!(gateway.exit_code(), Some(0));
    assert_eq!(collector.spans().len(), 60, "nothing comes after the end");
}

#[test]
fn a_collector_that_hangs_is_left() {
    let upstream = Upstream::saying("ok");
    let collector = Upstream::run(|peer| while peer.request().is_some() {});
    let mut gateway = Gateway::start(&Config::to(&upstream).and(&spans_to(&collector.address(), "")));
    Client::connect(&gateway).request(get_within("/", true));
    let told = Instant::now();
    gateway.tell_to_end();
    assert_eq!(gateway.exit_code(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(15), "it gave up in bounded time");
}
