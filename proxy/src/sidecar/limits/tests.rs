//! The script against the engine's bucket, and the desk over real servers.

use std::time::Duration;

use ::redis::{Arg, Cmd, cmd};
use supplex_engine::config::redis::Place;
use supplex_engine::config::{Limit, Rate};
use supplex_engine::limit::{Bucket, Charge, Shape, Verdict};

use super::redis::server::Server;
use super::sample::{Worker, charge, limit, question, snapshot, still, until};
use super::*;
use crate::sidecar::sample::block_on;

/// A call of the script with this time instead of the server's, in microseconds.
fn call_at(call: &script::Call, micros: u64) -> Cmd {
    let text = script::TEXT.replace("redis.call('TIME')", "{ARGV[#ARGV - 1], ARGV[#ARGV]}");
    assert_ne!(text, script::TEXT);
    let mut command = cmd("EVAL");
    command.arg(text);
    for word in call.command.args_iter().skip(2) {
        match word {
            Arg::Simple(word) => command.arg(word),
            other => panic!("{other:?} is no word"),
        };
    }
    command.arg(micros / 1_000_000).arg(micros % 1_000_000);
    command
}

/// The script and the engine's bucket side by side: random questions at random times, some together in one call, to buckets
/// that become smaller and larger again, and the same numbers every time.
#[test]
fn the_script_is_the_engines_bucket() {
    block_on(async {
        let server = Server::start().await;
        let client = ::redis::Client::open(server.url()).expect("a URL");
        let mut connection = client.get_connection().expect("it listens");
        let (second, day) = (Duration::from_secs(1), Duration::from_secs(86_400));
        let rates = [(3, second, 5_u32), (300_000, second, 1000), (7, Duration::from_secs(60), 1), (90, day, 100)];
        let mut random = Random(7);
        for (number, (tokens, period, burst)) in rates.into_iter().enumerate() {
            let rate = Rate { tokens, period };
            let named = |name, burst| Limit { rate, ..limit(&format!("{number}-{name}"), tokens, burst) };
            let shapes = [burst, burst.div_ceil(3)]
                .map(|burst| (Shape::new(rate, burst), snapshot(vec![named("a", burst), named("b", burst)])));
            let mut buckets = [Bucket::default(); 2];
            let mut micros = 1_800_000_000_000_000;
            for step in 0..500 {
                let (shape, snapshot) = &shapes[step / 50 % 2];
                micros += random.below(shape.interval() / 1000 * u64::from(burst.min(4)) + 2);
                let asked: Vec<_> = (0..1 + random.below(4)).map(|_| random.charges(burst)).collect();
                // Some several times in a row.
                let times = |charges| std::iter::repeat_n(charges, 1 + random.below(3) as usize / 2 * 3);
                let asked: Vec<_> = asked.into_iter().flat_map(times).collect();
                let questions: Vec<_> = asked.iter().map(|charges| question(snapshot, charges)).collect();
                let calls = script::calls(&questions);
                assert_eq!(calls.len(), 1);
                let reply = call_at(&calls[0], micros).query(&mut connection).expect("a reply");
                let expected: Vec<_> =
                    asked.iter().map(|charges| model(&mut buckets, *shape, micros * 1000, charges)).collect();
                let said = script::verdicts(&reply, &calls[0].runs, &questions);
                assert_eq!(said, Some(expected), "rate {number}, step {step}: {asked:?}");
            }
        }
    });
}

fn model(buckets: &mut [Bucket; 2], shape: Shape, now: u64, charges: &[Charge]) -> Verdict {
    charges.iter().for_each(|it| buckets[it.limit.index()].settle(shape, now));
    let looks: Vec<_> = charges.iter().map(|it| buckets[it.limit.index()].look(shape, now, it.cost)).collect();
    if !looks.iter().all(|look| look.covered) {
        return Verdict::new(&looks);
    }
    let taken = charges.iter().map(|it| buckets[it.limit.index()].take(shape, now, it.cost, it.extra));
    Verdict::new(&taken.collect::<Vec<_>>())
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    /// To the first bucket, the second, or both.
    fn charges(&mut self, burst: u32) -> Vec<Charge> {
        let limits: &[u16] = [&[0][..], &[1], &[0, 1]][self.below(3) as usize];
        let mut charge_to = |limit| {
            let cost = self.below(u64::from(burst) + 1) as u32 / 3;
            charge(limit, "k", cost.max(1), self.below(4) as u32)
        };
        limits.iter().map(|limit| charge_to(*limit)).collect()
    }
}

#[test]
fn a_clock_that_was_set_back_neither_fills_nor_stops_a_bucket_and_full_buckets_expire() {
    block_on(async {
        let server = Server::start().await;
        let client = ::redis::Client::open(server.url()).expect("a URL");
        let mut connection = client.get_connection().expect("it listens");
        let snapshot = snapshot(vec![limit("a", 1, 2)]);
        let mut ask = |seconds: u64| {
            let questions = [question(&snapshot, &[charge(0, "k", 1, 0)])];
            let call = &script::calls(&questions)[0];
            let reply = call_at(call, seconds * 1_000_000).query(&mut connection).expect("a reply");
            let verdicts = script::verdicts(&reply, &call.runs, &questions).expect("a verdict");
            (verdicts[0].admits(), verdicts[0].balances()[0].retry_after / 1_000_000_000)
        };
        assert_eq!([ask(5000), ask(5000), ask(5000)], [(true, 0), (true, 0), (false, 1)]);
        assert_eq!(ask(1000), (false, 1), "not fuller");
        assert_eq!(ask(1001), (true, 0), "a second later by the new clock");
        let left: u64 = server.run(&["PTTL", "{supplex}:a:k"]).expect("a time");
        assert!((2000..=3000).contains(&left), "{left}: what it lacks, and one second");
        server.run::<()>(&["SET", "{supplex}:a:k", "nonsense"]).expect("set");
        assert_eq!(ask(1001), (true, 0), "what is no bucket is a full one");
    });
}

/// A desk with a worker's questions.
struct Scene {
    desk: Desk,
    worker: Worker,
}

impl Scene {
    fn new() -> Self {
        Self { desk: Desk::default(), worker: Worker::new() }
    }

    async fn ask(&self, snapshot: &std::sync::Arc<Snapshot>) -> Result<Verdict, StoreError> {
        self.desk.ask(question(snapshot, &[charge(0, "k", 1, 0)]), &self.worker.mailbox);
        self.worker.results(1).await.remove(0)
    }
}

fn with_redis(limits: Vec<Limit>, redis: Option<Redis>) -> std::sync::Arc<Snapshot> {
    let mut snapshot = snapshot(limits);
    std::sync::Arc::get_mut(&mut snapshot).expect("nobody has it yet").redis = redis;
    snapshot
}

#[test]
fn another_redis_takes_over_without_a_question_being_lost() {
    block_on(async {
        let (first, second, scene) = (Server::start().await, Server::start().await, Scene::new());
        let old = with_redis(vec![still("a", 1000)], Some(first.settings()));
        let new = with_redis(vec![still("a", 1000)], Some(second.settings()));
        scene.desk.configure(&old);
        until("the first answers", || scene.desk.redis_is_up() == Some(true)).await;
        scene.ask(&old).await.expect("a verdict");
        scene.desk.configure(&new);
        let keys = |server: &Server| server.run::<u32>(&["DBSIZE"]).expect("a number");
        while keys(&second) == 0 {
            scene.ask(&old).await.expect("a verdict, whoever gives it");
        }
        assert_eq!(keys(&first), 1);
        scene.desk.configure(&with_redis(Vec::new(), Some(second.settings())));
        assert_eq!(scene.desk.redis_is_up(), None, "no limit is kept there");
        assert_eq!(scene.ask(&old).await, Err(StoreError::Unreachable));
    });
}

#[test]
fn another_redis_that_does_not_answer_takes_over_too() {
    block_on(async {
        let (first, scene) = (Server::start().await, Scene::new());
        let nobody = Redis { place: Place::Url("redis://127.0.0.1:1".into()), ..first.settings() };
        let old = with_redis(vec![still("a", 1000)], Some(first.settings()));
        scene.desk.configure(&old);
        until("it answers", || scene.desk.redis_is_up() == Some(true)).await;
        scene.desk.configure(&with_redis(vec![still("a", 1000)], Some(nobody)));
        assert!(scene.ask(&old).await.is_ok());
        until("it takes over", || scene.desk.redis_is_up() == Some(false)).await;
        assert_eq!(scene.ask(&old).await, Err(StoreError::Unreachable));
    });
}

#[test]
fn the_local_store_needs_no_redis_and_everything_is_counted() {
    block_on(async {
        let scene = Scene::new();
        let snapshot = with_redis(vec![Limit { store: Store::Local, ..still("a", 1) }], None);
        scene.desk.configure(&snapshot);
        assert!(scene.ask(&snapshot).await.expect("a verdict").admits());
        assert!(!scene.ask(&snapshot).await.expect("a verdict").admits());
        assert_eq!(scene.desk.measure().answers(Kind::Local, None), 2);
        let document = report::document(&scene.desk);
        assert_eq!(document["redis"], serde_json::Value::Null);
        assert_eq!(
            (&document["local"]["buckets"], &document["local"]["questions"]["answered"]),
            (&1.into(), &2.into())
        );
    });
}
