//! An endpoint that answers too slowly is left alone like one that fails.

use std::thread;
use std::time::Duration;

use super::{counted, guarded, told};
use crate::harness::{Client, Gateway, Upstream, assert_problem};

#[test]
fn slow_calls() {
    let upstream = Upstream::run(|peer| {
        while peer.request().is_some() {
            thread::sleep(Duration::from_millis(60));
            peer.answer("late");
        }
    });
    let lines = ["min_requests = 4", "slow_after = \"10ms\"", "slow_ratio = 1", "open_for = \"1h\""];
    let gateway = Gateway::start(&guarded(&[upstream.address()], &lines));
    let mut client = Client::connect(&gateway);
    for _ in 0..4 {
        assert_eq!(client.get("/").text(), "late");
    }
    assert_problem(&client.get("/"), 503, "breaker.open");
    let told = told(&gateway, 0);
    assert_eq!((&told["cause"], &told["troubles"][0]["reason"]), (&"slow_ratio".into(), &"slow".into()), "{told:#}");
    assert_eq!((counted(&gateway, "slow"), counted(&gateway, "successes")), (4, 4));
}
