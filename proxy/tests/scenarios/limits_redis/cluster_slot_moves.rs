//! The slot of the buckets moves from node to node under load, bucket by bucket, and then by a failover that somebody
//! asked for: every question has its answer, and limits are enforced all the while.

use supplex_stack::redis::cluster::id;

use super::{AMPLE, Crowd, admitted, config_with, server, start, wait_until_enforced};
use crate::harness::{RedisGroup, SLOT, Upstream, wait_for};

#[test]
fn cluster_slot_moves() {
    let (upstream, redis) = (Upstream::saying("ok"), RedisGroup::cluster());
    let gateway = start(&config_with(&upstream, 1, &redis.table(AMPLE)));
    let (replica, other) = (&redis.servers.replica, &redis.servers.masters[0]);
    wait_until_enforced(&gateway, true);
    let crowd = Crowd::start(&gateway);

    redis.wait(replica.tells("CLUSTER FAILOVER", "+OK"));
    let wanted = Some(replica.address().to_string());
    wait_for("the replica", || (server(&gateway) == wanted).then_some(()));
    assert_eq!(admitted(&[&gateway], "first", 20), 1);

    let (from, to) = (redis.wait(id(replica)), redis.wait(id(other)));
    redis.wait(other.tells(&format!("CLUSTER SETSLOT {SLOT} IMPORTING {from}"), "+OK"));
    redis.wait(replica.tells(&format!("CLUSTER SETSLOT {SLOT} MIGRATING {to}"), "+OK"));
    assert_eq!(admitted(&[&gateway], "second", 20), 1, "its bucket is begun at the other node");
    loop {
        let reply = redis.wait(replica.tell(&format!("CLUSTER GETKEYSINSLOT {SLOT} 100")));
        let keys: Vec<_> = reply.lines().filter(|line| line.starts_with("{supplex}")).collect();
        if keys.is_empty() {
            break;
        }
        let (port, password, keys) = (other.address().port(), other.password(), keys.join(" "));
        let migrate = format!("MIGRATE 127.0.0.1 {port} \"\" 0 5000 AUTH {password} KEYS {keys}");
        redis.wait(replica.tells(&migrate, "+OK"));
    }
    for node in [other, replica] {
        redis.wait(node.tells(&format!("CLUSTER SETSLOT {SLOT} NODE {to}"), "+OK"));
    }
    let wanted = Some(other.address().to_string());
    wait_for("the other node", || (server(&gateway) == wanted).then_some(()));
    assert_eq!(admitted(&[&gateway], "third", 20), 1);
    wait_until_enforced(&gateway, true);
    assert!(crowd.stop() > 0);
    for result in ["unreachable", "timeout", "full", "refused"] {
        let name = format!("supplex_limit_store_questions_total{{result=\"{result}\",store=\"redis\"}}");
        assert_eq!(gateway.metric(&name), Some(0.0), "{result}");
    }
}
