//! A group of clients: how often they come, and what became of every request.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::sample::{Class, Outcome, Sample, Tally};
use super::wire::Pool;
use super::{Make, Order};
use crate::figures::{Span, median, percentile};

/// How often the wait for the last answers looks.
const LOOK: Duration = Duration::from_millis(10);

/// What the pacer, the sender and the reader of a group have in common.
pub(super) struct Shared {
    name: &'static str,
    rate: f64,
    pub(super) make: Make,
    pools: Vec<Pool>,
    over: AtomicBool,
    sent: AtomicU64,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    samples: Vec<Sample>,
    outcomes: Vec<Outcome>,
}

impl Shared {
    pub(super) fn new(order: &Order) -> Self {
        Self {
            name: order.name,
            rate: order.rate,
            make: Arc::clone(&order.make),
            pools: order.targets.iter().map(|target: &SocketAddr| Pool::new(*target)).collect(),
            over: AtomicBool::new(false),
            sent: AtomicU64::new(0),
            kept: Mutex::default(),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    pub(super) fn sent(&self, count: u64) {
        self.sent.store(count, Ordering::Release);
    }

    /// Where the request with this number goes; nowhere in a group without targets.
    pub(super) fn pool(&self, number: u64) -> Option<&Pool> {
        let targets = self.pools.len().max(1) as u64;
        self.pools.get((number % targets) as usize)
    }

    /// Keeps a request that has ended.
    pub(super) fn note(&self, at: Duration, took: Duration, outcome: &Outcome) {
        let mut kept = self.kept();
        let known = kept.outcomes.iter().position(|known| known == outcome);
        let number = known.unwrap_or_else(|| {
            kept.outcomes.push(outcome.clone());
            kept.outcomes.len() - 1
        });
        kept.samples.push(Sample { at, took, class: outcome.class(), outcome: number });
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A group of clients, as long as this value lives; what was kept of it lasts longer, in its [`Record`].
#[derive(Debug)]
pub struct Group(Record);

/// What became of the requests of a group. Clones are the same.
#[derive(Clone)]
pub struct Record(Arc<Shared>);

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Record").field(&self.0.name).finish()
    }
}

impl std::ops::Deref for Group {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.0
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.0.0.over.store(true, Ordering::Relaxed);
    }
}

impl Group {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self(Record(shared))
    }

    /// What is kept of it.
    #[must_use]
    pub fn record(&self) -> Record {
        self.0.clone()
    }

    /// Ends it, and waits until every request has ended too.
    pub async fn end(self) -> Record {
        let record = self.record();
        drop(self);
        record.settle().await;
        record
    }
}

impl Record {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// Requests per second, as ordered.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.0.rate
    }

    /// Waits until every request that was sent until now has ended. (Every one ends, by its time limit at the latest.)
    pub async fn settle(&self) {
        let sent = self.0.sent.load(Ordering::Acquire);
        while (self.0.kept().samples.len() as u64) < sent {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The requests that should have begun in the span, in the order in which they ended.
    #[must_use]
    pub fn samples(&self, span: Span) -> Vec<Sample> {
        self.0.kept().samples.iter().filter(|sample| span.has(sample.at)).copied().collect()
    }

    /// How those that should have begun in the span ended.
    #[must_use]
    pub fn tally(&self, span: Span) -> Tally {
        let kept = self.0.kept();
        let mut tally = Tally::default();
        for sample in kept.samples.iter().filter(|sample| span.has(sample.at)) {
            if let Some(outcome) = kept.outcomes.get(sample.outcome) {
                tally.add(sample.class, outcome);
            }
        }
        tally
    }

    /// A percentile of those in the span that got what they wanted, in milliseconds.
    #[must_use]
    pub fn percentile(&self, span: Span, share: f64) -> Option<f64> {
        let kept = self.0.kept();
        let good = kept.samples.iter().filter(|sample| span.has(sample.at) && sample.class == Class::Good);
        percentile(good.map(|sample| sample.took), share)
    }

    /// The median of the p99 of these windows, in milliseconds.
    #[must_use]
    pub fn p99(&self, windows: &[Span]) -> Option<f64> {
        median(windows.iter().filter_map(|window| self.percentile(*window, 0.99)).collect())
    }
}
