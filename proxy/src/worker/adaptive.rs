//! The adaptive limit of an upstream: what the workers count for it, and where it stands.
//!
//! There is one limit for all workers, as there is one count of what is in flight: how long an upstream takes depends on
//! all that it has to do, not on who sent it, and workers with limits of their own would crowd each other out, since the
//! one with the lowest would find no room as long as the others have some. Each worker counts samples and arrivals in its own
//! block; the first worker adds up the blocks of all once a tick, decides, and leaves the limit in its block, where the
//! others read it. So every number has one writer, as elsewhere. A first worker that stalls leaves the limit as it is.
//!
//! What is decided is in the engine's `upstream/adaptive.rs`; who has to wait, in `admission.rs`.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use supplex_engine::config;
use supplex_engine::stats::{ConcurrencyBlock, UpstreamBlock};
use supplex_engine::upstream::AdaptiveLimit;
use supplex_engine::upstream::adaptive::{self, Bounds, Totals};

use super::learn::Ended;
use super::upstream::Attempt;
use crate::link::UpstreamBlocks;

/// The limit as one worker sees it.
pub(super) struct Adaptive {
    own: Arc<UpstreamBlock>,
    /// Of all workers.
    total: Arc<[Arc<UpstreamBlock>]>,
    max_in_flight: Cell<u64>,
    rules: Cell<Option<config::Adaptive>>,
    /// In the first worker, where there are rules.
    decided: RefCell<Option<AdaptiveLimit>>,
}

impl Adaptive {
    pub(super) fn new(blocks: &UpstreamBlocks) -> Self {
        Self {
            own: Arc::clone(&blocks.own),
            total: Arc::clone(&blocks.total),
            max_in_flight: Cell::default(),
            rules: Cell::default(),
            decided: RefCell::default(),
        }
    }

    /// Follows these settings from here on.
    pub(super) fn follow(&self, settings: &config::Upstream, now: u64) {
        self.max_in_flight.set(settings.max_in_flight as u64);
        self.rules.set(settings.adaptive);
        if !self.decides() {
            return;
        }
        let mut decided = self.decided.borrow_mut();
        match (&settings.adaptive, &mut *decided) {
            (None, decided) => *decided = None,
            (Some(rules), Some(limit)) => limit.set_rules(rules),
            (Some(rules), decided) => *decided = Some(AdaptiveLimit::new(rules, self.totals(), now)),
        }
        self.show(decided.as_ref());
    }

    /// The most in flight over all workers.
    pub(super) fn limit(&self) -> u64 {
        let most = self.max_in_flight.get();
        match (self.rules.get(), self.total.first()) {
            // Before the first worker has its configuration there is no limit but this.
            (Some(_), Some(first)) => {
                Some(first.concurrency.limit.get()).filter(|limit| *limit > 0).map_or(most, |limit| limit.min(most))
            }
            _ => most,
        }
    }

    /// What is in flight over all workers.
    pub(super) fn in_flight(&self) -> u64 {
        self.total.iter().map(|block| block.in_flight.get()).sum()
    }

    /// Counts an exchange that wants in; `pressed`: it found no room.
    pub(super) fn arrival(&self, pressed: bool) {
        if self.rules.get().is_some() {
            self.own.concurrency.arrival(self.in_flight(), pressed);
        }
    }

    /// Counts an attempt that ended at `now`, if it says how loaded the upstream is.
    pub(super) fn learn(&self, attempt: &Attempt, ended: Ended, now: u64) {
        let (Some(_), Some(begun), Some(first)) = (self.rules.get(), attempt.begun(), self.total.first()) else {
            return;
        };
        let (ended, took) = match ended {
            Ended::Answered { status, latency } => (adaptive::Ended::Answered(status), latency),
            Ended::Failed(_) => (adaptive::Ended::Unanswered, now.saturating_sub(begun)),
        };
        let ConcurrencyBlock { slow, most, .. } = &first.concurrency;
        if let Some(latency) = adaptive::sample(ended, took, Bounds { slow: slow.get(), most: most.get() }) {
            self.own.concurrency.sample(latency);
        }
    }

    /// Sets the limit anew by what was counted, if it is this worker that does. To be called once a tick.
    pub(super) fn tick(&self, now: u64) {
        if let Some(limit) = &mut *self.decided.borrow_mut() {
            limit.advance(now, self.in_flight(), self.totals());
            self.show(Some(limit));
        }
    }

    fn decides(&self) -> bool {
        self.total.first().is_some_and(|first| Arc::ptr_eq(first, &self.own))
    }

    fn totals(&self) -> Totals {
        self.total.iter().fold(Totals::default(), |sum, block| sum.and(block.concurrency.totals()))
    }

    fn show(&self, decided: Option<&AdaptiveLimit>) {
        let block = &self.own.concurrency;
        let bounds = decided.map(AdaptiveLimit::bounds).unwrap_or_default();
        block.slow.set(bounds.slow);
        block.most.set(bounds.most);
        block.baseline.set(decided.and_then(AdaptiveLimit::baseline).unwrap_or(0));
        block.recent.set(decided.and_then(AdaptiveLimit::recent).unwrap_or(0));
        block.measuring.set(decided.is_some_and(AdaptiveLimit::is_measuring).into());
        let most = self.max_in_flight.get();
        block.limit.set(decided.map_or(most, |limit| limit.limit().min(most)));
    }
}
