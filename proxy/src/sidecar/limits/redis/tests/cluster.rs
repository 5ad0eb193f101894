//! The line to the node of a cluster that has the buckets' slot, while the slot moves.

use supplex_engine::config::redis::{Cluster as Settings, Login, Node};
use supplex_stack::redis::cluster::{Cluster, id};
use supplex_stack::redis::member::Running;

use super::*;

const SLOT: u16 = 8391;

/// With two limits of 100 tokens that do not come back. The line is told of one node, which does not have the slot.
async fn bench() -> Bench<Cluster> {
    let cluster = Cluster::start(SLOT).await.expect("it starts");
    let seed = &cluster.masters[0];
    let login = Login { username: None, password: Some(seed.password().into()) };
    let nodes = vec![Node { host: "127.0.0.1".into(), port: port(seed) }];
    let settings = Redis { place: Place::Cluster(Settings { nodes, login }), timeout: Duration::from_secs(2) };
    let bench = Bench::over(cluster, vec![still("a", 100), still("b", 100)], &settings);
    bench.is_up().await;
    bench
}

impl Bench<Cluster> {
    fn owner(&self) -> &Running {
        self.server.master_of(SLOT)
    }
}

fn port(running: &Running) -> u16 {
    running.address().port()
}

/// Of both limits.
fn both(key: &str) -> [Charge; 2] {
    [charge(0, key, 1, 0), charge(1, key, 1, 0)]
}

fn lefts(answer: &Answered) -> Option<Vec<u32>> {
    answer.as_ref().ok().map(|verdict| verdict.balances().iter().map(|balance| balance.remaining).collect())
}

#[test]
fn the_node_that_has_the_slot_is_found_and_charges_several_limits_at_once() {
    block_on(async {
        let bench = bench().await;
        let slot = bench.owner().tell("CLUSTER KEYSLOT {supplex}:per-client:10.0.0.1").await;
        assert_eq!(slot.expect("a reply"), format!(":{SLOT}\r\n"));
        assert_eq!(bench.found(), Some(port(bench.owner())));
        bench.ask_all(&both("k"));
        assert_eq!(lefts(&bench.worker.results(1).await[0]), Some(vec![99, 99]));
        bench.owner().tells("SCRIPT FLUSH", "+OK").await.expect("flushed");
        bench.ask_all(&both("k"));
        assert_eq!(lefts(&bench.worker.results(1).await[0]), Some(vec![98, 98]));
        assert_eq!(bench.connects(), 1);
    });
}

#[test]
fn a_slot_that_moves_to_another_node_is_followed_and_every_question_is_charged_once() {
    block_on(async {
        let bench = bench().await;
        let (from, to) = (bench.owner(), &bench.server.masters[2]);
        let (from_id, to_id) = (id(from).await.expect("an id"), id(to).await.expect("an id"));
        assert_eq!(bench.remaining("old").await, 99);
        bench.ask_all(&[charge(0, "split", 1, 0)]);
        assert_eq!(lefts(&bench.worker.results(1).await[0]), Some(vec![99]));

        to.tells(&format!("CLUSTER SETSLOT {SLOT} IMPORTING {from_id}"), "+OK").await.expect("begun");
        from.tells(&format!("CLUSTER SETSLOT {SLOT} MIGRATING {to_id}"), "+OK").await.expect("begun");
        assert_eq!(left(bench.answer("old").await), 98, "this bucket is where it was");
        assert_eq!(left(bench.answer("new").await), 99, "this one is begun where the slot goes");
        assert_eq!(left(bench.answer("new").await), 98);
        ["old", "newer", "old"].iter().for_each(|key| bench.ask(key));
        let mut remaining: Vec<_> = bench.worker.results(3).await.into_iter().map(left).collect();
        remaining.sort_unstable();
        assert_eq!(remaining, [96, 97, 99], "what goes out together does not have to be at one node");
        bench.ask_all(&both("split"));
        assert_eq!(bench.worker.results(1).await, [Err(StoreError::Refused)], "one bucket here, the other there");
        assert!(bench.last_failure().starts_with("TRYAGAIN"), "{}", bench.last_failure());
        bench.ask_all(&both("fresh"));
        assert_eq!(bench.worker.results(1).await, [Err(StoreError::Refused)], "two buckets cannot begin on the way");
        assert!(bench.last_failure().starts_with("TRYAGAIN"), "{}", bench.last_failure());
        assert!(bench.line.is_up());
        assert_eq!(bench.connects(), 1, "most of the buckets are here");

        let password = from.password();
        let (keys, port) = ("{supplex}:a:old {supplex}:a:split", port(to));
        let migrate = format!("MIGRATE 127.0.0.1 {port} \"\" 0 5000 AUTH {password} KEYS {keys}");
        from.tells(&migrate, "+OK").await.expect("moved");
        assert_eq!(left(bench.answer("old").await), 95);
        for node in [to, from] {
            node.tells(&format!("CLUSTER SETSLOT {SLOT} NODE {to_id}"), "+OK").await.expect("done");
        }
        (0..50).for_each(|_| bench.ask("old"));
        let mut remaining: Vec<_> = bench.worker.results(50).await.into_iter().map(left).collect();
        remaining.sort_unstable();
        assert_eq!(remaining, (45..95).collect::<Vec<_>>());
        until("the other node is used", || bench.found() == Some(port)).await;
        bench.ask_all(&both("split"));
        assert_eq!(lefts(&bench.worker.results(1).await[0]), Some(vec![98, 99]));
        bench.ask_all(&both("fresh"));
        assert_eq!(lefts(&bench.worker.results(1).await[0]), Some(vec![99, 99]), "nothing was charged on the way");
        assert_eq!(bench.connects(), 2);
    });
}

#[test]
fn a_replica_that_takes_over_is_followed_while_questions_come() {
    block_on(async {
        let bench = bench().await;
        assert_eq!(bench.remaining("k").await, 99);
        bench.server.replica.tells("DBSIZE", ":1").await.expect("the replica has it");
        bench.server.replica.tells("CLUSTER FAILOVER", "+OK").await.expect("begun");
        let mut remaining = Vec::new();
        while bench.found() != Some(port(&bench.server.replica)) {
            assert!(remaining.len() < 90, "nobody takes over");
            remaining.push(left(bench.answer("k").await));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let expected: Vec<_> = (0..99).rev().take(remaining.len()).collect();
        assert_eq!(remaining, expected, "each question has its answer, and is charged once");
        assert_eq!(bench.connects(), 2);
    });
}

#[test]
fn a_node_that_was_killed_is_replaced_by_its_replica() {
    block_on(async {
        let mut bench = bench().await;
        assert_eq!(bench.remaining("k").await, 99);
        bench.server.replica.tells("DBSIZE", ":1").await.expect("the replica has it");
        bench.owner().signal("KILL").await.expect("it is there");
        until("the line is down", || !bench.line.is_up()).await;
        until("the replica is found", || bench.found() == Some(port(&bench.server.replica))).await;
        assert_eq!(bench.remaining("k").await, 98, "the bucket is there");
        // It comes back as a replica of the other.
        bench.server.masters[1].start_again().await.expect("it starts");
        bench.owner().tells("ROLE", "slave").await.expect("it is a replica");
        assert_eq!(bench.remaining("k").await, 97);
        assert_eq!(bench.found(), Some(port(&bench.server.replica)));
    });
}
