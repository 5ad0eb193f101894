//! The line against real servers.

mod cluster;
mod sentinel;

use std::sync::Arc;

use supplex_engine::config::redis::Place;
use supplex_engine::config::{Limit, Snapshot};
use supplex_engine::limit::{Charge, Verdict};

use super::super::sample::{Worker, charge, question, snapshot, still, until};
use super::server::Server;
use super::*;
use crate::sidecar::sample::block_on;

/// A worker with a line to a server, or to several.
struct Bench<S = Server> {
    server: S,
    worker: Worker,
    line: Line,
    snapshot: Arc<Snapshot>,
}

type Answered = Result<Verdict, StoreError>;

impl Bench {
    async fn new(limits: Vec<Limit>, settings: impl FnOnce(&Server) -> Redis) -> Self {
        let server = Server::start().await;
        let settings = settings(&server);
        Self::over(server, limits, &settings)
    }

    /// With one limit of 100 tokens that do not come back.
    async fn up() -> Self {
        let bench = Self::new(vec![still("a", 100)], Server::settings).await;
        bench.is_up().await;
        bench
    }
}

impl<S> Bench<S> {
    fn over(server: S, limits: Vec<Limit>, settings: &Redis) -> Self {
        let worker = Worker::new();
        let line = Line::open(settings, Rc::clone(&worker.measure));
        Self { server, worker, line, snapshot: snapshot(limits) }
    }

    async fn is_up(&self) {
        until("the line is up", || self.line.is_up()).await;
    }

    fn ask(&self, key: &str) {
        self.ask_all(&[charge(0, key, 1, 0)]);
    }

    fn ask_all(&self, charges: &[Charge]) {
        let question = question(&self.snapshot, charges);
        let caller = self.worker.caller(&question);
        self.line.ask(Ask { question, caller });
    }

    async fn answer(&self, key: &str) -> Answered {
        self.ask(key);
        self.worker.results(1).await.remove(0)
    }

    /// Asks until the answer is a verdict; its tokens left.
    async fn remaining(&self, key: &str) -> u32 {
        loop {
            self.is_up().await;
            if let Ok(verdict) = self.answer(key).await {
                return left(Ok(verdict));
            }
        }
    }

    fn last_failure(&self) -> String {
        self.worker.measure.last_failure.borrow().as_ref().map(|failure| failure.what.clone()).unwrap_or_default()
    }

    /// The port of the server that is asked, where it had to be found.
    fn found(&self) -> Option<u16> {
        self.worker.measure.server.borrow().as_ref().map(|server| server.port)
    }

    fn connects(&self) -> u64 {
        self.worker.measure.connects.get()
    }
}

fn left(answer: Answered) -> u32 {
    answer.expect("a verdict").balances()[0].remaining
}

#[test]
fn what_waits_goes_out_together_and_a_key_that_is_no_bucket_becomes_one() {
    block_on(async {
        let bench = Bench::up().await;
        bench.server.run::<u32>(&["LPUSH", "{supplex}:a:broken", "x"]).expect("a list");
        for number in 0..1000 {
            bench.ask(if number % 10 == 3 { "broken" } else { "whole" });
        }
        let results = bench.worker.results(1000).await;
        let pipelines = bench.worker.measure.round_trips.counts().sum::<u64>();
        assert_eq!(pipelines, 2, "512 and 488");
        let admitted = |verdict: &&Verdict| verdict.admits();
        assert_eq!(results.iter().flatten().filter(admitted).count(), 200, "as many as there were, in both");
        assert_eq!(results.iter().flatten().count(), 1000);
    });
}

#[test]
fn several_limits_are_charged_together_or_not_at_all() {
    block_on(async {
        let bench = Bench::new(vec![still("wide", 9), still("narrow", 2)], Server::settings).await;
        bench.is_up().await;
        for _ in 0..5 {
            bench.ask_all(&[charge(0, "k", 1, 0), charge(1, "k", 1, 0)]);
        }
        let results = bench.worker.results(5).await;
        let remaining = |result: &Answered| {
            result.as_ref().ok().map(|verdict| verdict.balances().iter().map(|it| it.remaining).collect::<Vec<_>>())
        };
        let remaining: Vec<_> = results.iter().flat_map(remaining).collect();
        assert_eq!(remaining, [[8, 1], [7, 0], [7, 0], [7, 0], [7, 0]]);
    });
}

#[test]
fn a_server_that_forgot_the_script_is_told_and_asked_once_more() {
    block_on(async {
        let bench = Bench::up().await;
        assert_eq!(left(bench.answer("k").await), 99);
        bench.server.run::<()>(&["SCRIPT", "FLUSH"]).expect("flushed");
        for _ in 0..10 {
            bench.ask("k");
        }
        let remaining: Vec<_> = bench.worker.results(10).await.into_iter().map(left).collect();
        assert_eq!(remaining, (89..99).rev().collect::<Vec<_>>());
        assert!(bench.line.is_up());
        assert_eq!(bench.worker.measure.connects.get(), 1);
    });
}

#[test]
fn a_server_without_memory_refuses_and_is_used_again_when_it_has_some() {
    block_on(async {
        let bench = Bench::up().await;
        bench.server.run::<()>(&["CONFIG", "SET", "maxmemory", "1"]).expect("set");
        assert_eq!(bench.answer("k").await, Err(StoreError::Refused));
        assert!(bench.last_failure().starts_with("OOM"), "{}", bench.last_failure());
        assert!(bench.line.is_up(), "it answers");
        bench.server.run::<()>(&["CONFIG", "SET", "maxmemory", "0"]).expect("set");
        assert_eq!(left(bench.answer("k").await), 99);
    });
}

#[test]
fn a_server_that_was_killed_costs_no_waiting_and_is_found_again() {
    block_on(async {
        let mut bench = Bench::up().await;
        assert_eq!(left(bench.answer("k").await), 99);
        bench.server.signal("KILL");
        // Nobody has to ask for it to be noticed.
        until("the line is down", || !bench.line.is_up()).await;
        bench.ask("k");
        let answers = bench.worker.answers();
        assert_eq!(answers[0].result, Err(StoreError::Unreachable), "at once");
        bench.server.start_again().await;
        assert_eq!(bench.remaining("k").await, 99, "nothing was saved");
        assert_eq!(bench.worker.measure.connects.get(), 2);
    });
}

#[test]
fn questions_under_way_when_the_server_goes_are_answered() {
    block_on(async {
        let mut bench = Bench::up().await;
        bench.server.signal("STOP");
        (0..300).for_each(|_| bench.ask("k"));
        tokio::task::yield_now().await;
        (0..300).for_each(|_| bench.ask("k"));
        bench.server.signal("KILL");
        let results = bench.worker.results(600).await;
        assert!(results.iter().all(|result| *result == Err(StoreError::Unreachable)), "{results:?}");
        bench.server.stop();
        bench.server.start_again().await;
        assert_eq!(bench.remaining("k").await, 99);
    });
}

#[test]
fn a_server_that_hangs_is_waited_for_once_and_no_question_is_sent_twice() {
    block_on(async {
        let short = |server: &Server| Redis { timeout: Duration::from_millis(100), ..server.settings() };
        let bench = Bench::new(vec![still("a", 100)], short).await;
        assert_eq!(bench.remaining("k").await, 99);
        bench.server.signal("STOP");
        assert_eq!(bench.answer("k").await, Err(StoreError::Timeout));
        until("the line is down", || !bench.line.is_up()).await;
        bench.ask("k");
        assert_eq!(bench.worker.answers().remove(0).result, Err(StoreError::Unreachable), "at once");
        bench.server.signal("CONT");
        let remaining = bench.remaining("k").await;
        assert!([97, 98].contains(&remaining), "{remaining}: the late question may have been charged, but once");
    });
}

#[test]
fn a_server_that_is_slow_is_as_good_as_none_until_it_is_not() {
    block_on(async {
        let short = |server: &Server| Redis { timeout: Duration::from_millis(100), ..server.settings() };
        let bench = Bench::new(vec![still("a", 100)], short).await;
        assert_eq!(bench.remaining("k").await, 99);
        bench.server.run::<()>(&["CLIENT", "PAUSE", "1500", "ALL"]).expect("paused");
        assert_eq!(bench.answer("k").await, Err(StoreError::Timeout));
        assert!([97, 98].contains(&bench.remaining("k").await));
    });
}

#[test]
fn a_wrong_password_is_said_without_saying_it() {
    block_on(async {
        let wrong = |server: &Server| Redis {
            place: Place::Url(format!("redis://:not-{}@127.0.0.1:{}", server.password(), server.port()).into()),
            ..server.settings()
        };
        let bench = Bench::new(vec![still("a", 100)], wrong).await;
        until("a failure", || !bench.last_failure().is_empty()).await;
        assert!(bench.last_failure().to_lowercase().contains("auth"), "{}", bench.last_failure());
        assert!(!bench.last_failure().contains(&bench.server.password()), "{}", bench.last_failure());
        assert_eq!(bench.answer("k").await, Err(StoreError::Unreachable));
    });
}

#[test]
fn a_server_that_became_a_replica_is_left_and_used_again_as_a_primary() {
    block_on(async {
        let (bench, other) = (Bench::up().await, Server::start().await);
        bench.server.run::<()>(&["CONFIG", "SET", "masterauth", &other.password()]).expect("set");
        bench.server.run::<()>(&["REPLICAOF", "127.0.0.1", &other.port().to_string()]).expect("a replica");
        assert_eq!(bench.answer("k").await, Err(StoreError::Refused));
        until("the line looks for another", || bench.worker.measure.connects.get() > 1).await;
        bench.server.run::<()>(&["REPLICAOF", "NO", "ONE"]).expect("a primary");
        assert_eq!(bench.remaining("k").await, 99);
    });
}

#[test]
fn more_questions_than_may_wait_are_answered_at_once() {
    block_on(async {
        let bench = Bench::up().await;
        // Nothing is sent before somebody waits.
        (0..WAITING_MOST + 5).for_each(|_| bench.ask("k"));
        let full = bench.worker.answers();
        assert_eq!(full.len(), 5);
        assert!(full.iter().all(|answer| answer.result == Err(StoreError::Full)));
    });
}

#[test]
fn a_line_that_is_dropped_answers_what_it_was_asked() {
    block_on(async {
        let bench = Bench::up().await;
        (0..700).for_each(|_| bench.ask("k"));
        drop(bench.line);
        let results = bench.worker.results(700).await;
        assert!(results.iter().all(Result::is_ok));
    });
}
