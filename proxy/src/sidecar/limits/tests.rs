//! The script against the engine's bucket, and the desk over real servers.

use std::time::Duration;

use ::redis::cmd;
use supplex_engine::config::{Limit, Rate};
use supplex_engine::limit::{Bucket, Shape, Verdict};

use super::redis::server::Server;
use super::sample::{Worker, charge, question, snapshot, still, until};
use super::*;
use crate::sidecar::sample::block_on;

/// The script with the time as its last two arguments, as `TIME` would give it.
fn with_time_as_argument() -> String {
    let text = script::TEXT.replace("redis.call('TIME')", "{ARGV[#ARGV - 1], ARGV[#ARGV]}");
    assert_ne!(text, script::TEXT);
    text
}

/// The script and the engine's bucket side by side: random charges at random times, to buckets that become smaller and
/// larger again, and the same numbers every time.
#[test]
fn the_script_is_the_engines_bucket() {
    block_on(async {
        let server = Server::start().await;
        let client = ::redis::Client::open(&*server.settings().url).expect("a URL");
        let mut connection = client.get_connection().expect("it listens");
        let text = with_time_as_argument();
        let (second, day) = (Duration::from_secs(1), Duration::from_secs(86_400));
        let rates = [(3, second, 5), (300_000, second, 1000), (7, Duration::from_secs(60), 1), (90, day, 100)];
        let mut random = Random(7);
        for (number, (tokens, period, burst)) in rates.into_iter().enumerate() {
            let shapes = [burst, burst.div_ceil(3)].map(|burst| Shape::new(Rate { tokens, period }, burst));
            let mut buckets = [Bucket::default(); 2];
            let mut micros = 1_800_000_000_000_000;
            for step in 0..700 {
                let shape = shapes[step / 50 % 2];
                micros += random.below(shape.interval() / 1000 * u64::from(burst.min(4)) + 2);
                let asked: Vec<_> = (0..1 + random.below(2) as usize)
                    .map(|_| (1 + random.below(u64::from(burst) + 1) as u32 / 3, random.below(4) as u32))
                    .collect();
                let mut command = cmd("EVAL");
                command.arg(&text).arg(asked.len());
                for bucket in 0..asked.len() {
                    command.arg(format!("{number}:{bucket}"));
                }
                for (cost, extra) in &asked {
                    command.arg(shape.interval()).arg(shape.burst()).arg(cost.max(&1)).arg(extra);
                }
                command.arg(micros / 1_000_000).arg(micros % 1_000_000);
                let reply = command.query(&mut connection).expect("a reply");
                let expected = model(&mut buckets, shape, micros * 1000, &asked);
                assert_eq!(script::verdict(&reply), Some(expected), "rate {number}, step {step}: {asked:?}");
            }
        }
    });
}

fn model(buckets: &mut [Bucket; 2], shape: Shape, now: u64, asked: &[(u32, u32)]) -> Verdict {
    let pairs = || asked.iter().map(|(cost, extra)| (*cost.max(&1), *extra));
    buckets.iter_mut().zip(asked).for_each(|(bucket, _)| bucket.settle(shape, now));
    let looks: Vec<_> = buckets.iter().zip(pairs()).map(|(bucket, (cost, _))| bucket.look(shape, now, cost)).collect();
    if !looks.iter().all(|look| look.covered) {
        return Verdict::new(&looks);
    }
    let taken = buckets.iter_mut().zip(pairs()).map(|(bucket, (cost, extra))| bucket.take(shape, now, cost, extra));
    Verdict::new(&taken.collect::<Vec<_>>())
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

#[test]
fn a_clock_that_was_set_back_neither_fills_nor_stops_a_bucket_and_full_buckets_expire() {
    block_on(async {
        let server = Server::start().await;
        let client = ::redis::Client::open(&*server.settings().url).expect("a URL");
        let mut connection = client.get_connection().expect("it listens");
        let text = with_time_as_argument();
        let mut ask = |seconds: u64| {
            let second = 1_000_000_000_u64;
            let mut command = cmd("EVAL");
            command.arg(&text).arg(1).arg("bucket").arg(second).arg(2).arg(1).arg(0).arg(seconds).arg(0);
            let verdict = script::verdict(&command.query(&mut connection).expect("a reply")).expect("a verdict");
            (verdict.admits(), verdict.balances()[0].retry_after / second)
        };
        assert_eq!([ask(5000), ask(5000), ask(5000)], [(true, 0), (true, 0), (false, 1)]);
        assert_eq!(ask(1000), (false, 1), "not fuller");
        assert_eq!(ask(1001), (true, 0), "a second later by the new clock");
        let left: u64 = server.run(&["PTTL", "bucket"]).expect("a time");
        assert!((2000..=3000).contains(&left), "{left}: what it lacks, and one second");
        server.run::<()>(&["SET", "bucket", "nonsense"]).expect("set");
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
        self.desk.ask(&question(snapshot, &[charge(0, "k", 1, 0)]), &self.worker.mailbox);
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
        let nobody = Redis { url: "redis://127.0.0.1:1".into(), ..first.settings() };
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
