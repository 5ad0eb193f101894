//! A Redis that hangs is waited for no longer than its timeout and then not at all, until it goes on.

use super::{Crowd, UP, config, start, wait_until_enforced};
use crate::harness::{Redis, Upstream};

#[test]
fn hangs() {
    let (upstream, redis) = (Upstream::saying("ok"), Redis::start());
    let gateway = start(&config(&upstream, &redis, 1, "200ms"));
    wait_until_enforced(&gateway, true);
    let crowd = Crowd::start(&gateway);
    redis.signal("STOP");
    gateway.wait_for_metric(UP, 0.0);
    wait_until_enforced(&gateway, false);
    redis.signal("CONT");
    gateway.wait_for_metric(UP, 1.0);
    wait_until_enforced(&gateway, true);
    assert!(crowd.stop() > 0);
}
