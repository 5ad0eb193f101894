//! A master that is killed under load is replaced by its replica: no request fails, limits are enforced again without a
//! restart, and the old master, when it is back, is not asked any more.

use std::time::Instant;

use supplex_stack::redis::watched::NAME;

use super::{AMPLE, Crowd, UP, admitted, config_with, server, start, wait_until_counted, wait_until_enforced};
use crate::harness::{RedisGroup, Upstream, wait_for};

#[test]
fn sentinel_failover() {
    let (upstream, mut redis) = (Upstream::saying("ok"), RedisGroup::watched());
    let gateway = start(&config_with(&upstream, 1, &redis.table(AMPLE)));
    let (master, replica) = (redis.servers.master.address().to_string(), redis.servers.replica.address().to_string());
    assert_eq!(server(&gateway), Some(master));
    wait_until_enforced(&gateway, true);
    let crowd = Crowd::start(&gateway);

    redis.wait(redis.servers.master.signal("KILL"));
    let killed = Instant::now();
    redis.wait(redis.servers.replica.tells("ROLE", "master"));
    let promoted = Instant::now();
    let port = redis.servers.replica.address().port().to_string();
    redis.wait(redis.servers.sentinels[0].tells(&format!("SENTINEL GET-MASTER-ADDR-BY-NAME {NAME}"), &port));
    let named = Instant::now();
    wait_for("the promoted one", || (server(&gateway).as_ref() == Some(&replica)).then_some(()));
    wait_until_enforced(&gateway, true);
    let (promoted, named, enforced) = (promoted - killed, named - killed, killed.elapsed());
    println!("after the kill: promoted {promoted:?}, named by a sentinel {named:?}, enforced again {enforced:?}");
    wait_until_counted(&gateway);
    assert_eq!(admitted(&[&gateway], "late", 20), 1);

    redis.wait(redis.servers.calm());
    // It calls itself a master until the sentinels tell it otherwise.
    redis.change(async |servers| servers.master.start_again().await);
    redis.wait(redis.servers.master.tells("ROLE", "slave"));
    wait_until_enforced(&gateway, true);
    assert_eq!(admitted(&[&gateway], "later", 20), 1);
    gateway.wait_for_metric(UP, 1.0);
    assert_eq!(server(&gateway), Some(replica));
    let asked = redis.wait(redis.servers.master.tell("INFO commandstats"));
    assert!(!asked.contains("cmdstat_evalsha"), "the old master is asked: {asked}");
    assert!(crowd.stop() > 0);
}
