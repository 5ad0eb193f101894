//! Limits, questions and a waiting worker for the tests of the stores.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use supplex_engine::config::{KeySource, Limit, LimitId, LimitMode, OnStoreError, Precision, Rate, Snapshot, Store};
use supplex_engine::limit::{Charge, Key, Verdict};

use super::caller::Caller;
use super::measure::{Kind, Measure};
use crate::link::limits::{Answer, Question, StoreError};
use crate::link::{Mailbox, Message, Messages};

/// A limit of this many tokens a second, kept in Redis.
pub(super) fn limit(name: &str, tokens: u32, burst: u32) -> Limit {
    Limit {
        name: name.into(),
        rate: Rate { tokens, period: Duration::from_secs(1) },
        burst,
        key: KeySource::ClientIp,
        store: Store::Redis,
        mode: LimitMode::Enforce,
        precision: Precision::Exact,
        on_store_error: OnStoreError::Local,
        exempt: Vec::new(),
    }
}

/// A limit whose buckets do not fill while a test runs, kept in Redis.
pub(super) fn still(name: &str, burst: u32) -> Limit {
    Limit { rate: Rate { tokens: 1, period: Duration::from_secs(86_400) }, ..limit(name, 1, burst) }
}

/// Waits until it is so.
pub(super) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = tokio::time::Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}: it does not come");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A snapshot with these limits.
pub(super) fn snapshot(limits: Vec<Limit>) -> Arc<Snapshot> {
    let mut snapshot = super::super::sample::snapshot(1, &["a"], &[]);
    snapshot.limits = limits;
    Arc::new(snapshot)
}

/// A charge to a limit by its position.
pub(super) fn charge(limit: u16, key: &str, cost: u32, extra: u32) -> Charge {
    Charge { limit: LimitId(limit), key: Key::new(key.as_bytes()).expect("short"), cost, extra }
}

/// A question of worker 0.
pub(super) fn question(snapshot: &Arc<Snapshot>, charges: &[Charge]) -> Question {
    Question::new(0, 0, 0, Arc::clone(snapshot), charges.iter().copied())
}

/// A worker that only waits for answers.
pub(super) struct Worker {
    pub(super) mailbox: Mailbox,
    messages: Messages,
    pub(super) measure: Rc<Measure>,
    _bell: std::os::fd::OwnedFd,
}

impl Worker {
    pub(super) fn new() -> Self {
        let (own, bell) = crate::ring::eventfd().expect("a descriptor");
        let (mailbox, messages) = Mailbox::new(bell);
        Self { mailbox, messages, measure: Rc::default(), _bell: own }
    }

    /// Its caller for a question about Redis.
    pub(super) fn caller(&self, question: &Question) -> Caller {
        Caller::new(question, &self.mailbox, Kind::Redis, &self.measure)
    }

    /// The results of the next answers, of this many.
    pub(super) async fn results(&self, count: usize) -> Vec<Result<Verdict, StoreError>> {
        let mut answers = Vec::new();
        until(&format!("{count} answers"), || {
            answers.extend(self.answers());
            answers.len() >= count
        })
        .await;
        assert_eq!(answers.len(), count, "one answer per question");
        answers.into_iter().map(|answer| answer.result).collect()
    }

    /// The answers that have come.
    pub(super) fn answers(&self) -> Vec<Answer> {
        let answer = |message| match message {
            Message::Limited(answer) => answer,
            other => panic!("{other:?} is no answer"),
        };
        self.messages.take().map(answer).collect()
    }
}
