//! A Redis that is killed and started again under load fails no request, and limits are enforced again without a restart.

use super::{AMPLE, Crowd, UP, config, start, wait_until_enforced};
use crate::harness::{Redis, Upstream};

#[test]
fn restarted() {
    let (upstream, mut redis) = (Upstream::saying("ok"), Redis::start());
    let gateway = start(&config(&upstream, &redis, 1, AMPLE));
    wait_until_enforced(&gateway, true);
    let crowd = Crowd::start(&gateway);
    for _ in 0..2 {
        redis.signal("KILL");
        gateway.wait_for_metric(UP, 0.0);
        wait_until_enforced(&gateway, false);
        redis.start_again();
        gateway.wait_for_metric(UP, 1.0);
        wait_until_enforced(&gateway, true);
    }
    assert!(crowd.stop() > 0);
}
