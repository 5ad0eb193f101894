//! A node of a cluster that is killed under load is replaced by its replica: no request fails, and limits are enforced
//! again without a restart.

use std::time::Instant;

use super::{AMPLE, Crowd, admitted, config_with, server, start, wait_until_counted, wait_until_enforced};
use crate::harness::{RedisGroup, SLOT, Upstream, wait_for};

#[test]
fn cluster_failover() {
    let (upstream, redis) = (Upstream::saying("ok"), RedisGroup::cluster());
    let gateway = start(&config_with(&upstream, 1, &redis.table(AMPLE)));
    let (owner, replica) = (redis.servers.master_of(SLOT), &redis.servers.replica);
    assert_eq!(server(&gateway), Some(owner.address().to_string()));
    wait_until_enforced(&gateway, true);
    assert_eq!(admitted(&[&gateway], "early", 20), 1);
    let crowd = Crowd::start(&gateway);

    redis.wait(owner.signal("KILL"));
    let killed = Instant::now();
    redis.wait(replica.tells("ROLE", "master"));
    let promoted = Instant::now();
    let wanted = Some(replica.address().to_string());
    wait_for("the promoted one", || (server(&gateway) == wanted).then_some(()));
    wait_until_enforced(&gateway, true);
    let (promoted, enforced) = (promoted - killed, killed.elapsed());
    println!("after the kill: promoted {promoted:?}, enforced again {enforced:?}");
    wait_until_counted(&gateway);
    assert_eq!(admitted(&[&gateway], "late", 20), 1);
    assert!(crowd.stop() > 0);
}
