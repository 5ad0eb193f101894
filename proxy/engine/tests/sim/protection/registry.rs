//! What the workers of one process share: breakers, what probes say, and counts of exchanges in flight.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use supplex_engine::config::BreakerMode;
use supplex_engine::upstream::Breaker;
use supplex_engine::upstream::breaker::{Failure, Force, Move, Permit, Phase, Rules};
use supplex_engine::upstream::health::HealthCheck;

use super::setup::{Setup, Size, site_of};

/// A breaker, and what an observer counts about its probes.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) breaker: Breaker,
    /// Probes of the round that runs, those given back not counted, and which round that is.
    out: Cell<u32>,
    round: Cell<u64>,
    /// Failures to connect in a row, and the epoch they belong to.
    row: Cell<(u16, u32)>,
    /// Attempts since the last fault was over.
    pub(crate) tries: Cell<u64>,
}

impl Book {
    fn new(workers: usize, now: u64) -> Self {
        Self {
            breaker: Breaker::new(workers, now),
            out: Cell::new(0),
            round: Cell::new(0),
            tries: Cell::new(0),
            row: Cell::new((0, 0)),
        }
    }

    /// Somebody got a permit: never more of them in one round than there are probes.
    pub(crate) fn admitted(&self, permit: Permit, rules: &Rules) {
        if !permit.is_probe() {
            return;
        }
        let round = self.breaker.moves(Move::HalfOpened);
        if self.round.replace(round) != round {
            self.out.set(0);
        }
        self.out.set(self.out.get() + 1);
        assert!(self.out.get() <= u32::from(rules.probes()), "{} probes in one round", self.out.get());
    }

    /// A result was reported by an attempt that was admitted in this epoch: so many failures to connect in a row open it, and
    /// nothing has to come together for that.
    pub(crate) fn reported(&self, epoch: u16, probe: bool, failure: Option<Failure>, most: u32) {
        let state = self.breaker.state();
        let (of, length) = self.row.get();
        let length = if of == epoch { length } else { 0 };
        let longer = if failure == Some(Failure::Connect) && !probe { length + 1 } else { 0 };
        if state.epoch == epoch || of == epoch {
            self.row.set((epoch, longer));
        }
        let closed = matches!(state.phase, Phase::Closed { .. }) && state.epoch == epoch;
        assert!(!closed || longer < most, "{longer} failures to connect in a row, and it is closed");
        assert!(failure.is_none() || !probe || !closed, "a probe failed, and it is closed");
    }

    /// Somebody gives a permit back.
    pub(crate) fn void(&self, permit: Permit, now: u64, rules: &Rules) {
        let before = self.breaker.state();
        self.breaker.void(permit, now, rules);
        if self.breaker.state() != before {
            self.out.set(self.out.get() - 1);
        }
    }
}

/// What the sidecar has found out about an endpoint.
#[derive(Debug)]
pub(crate) struct Probed {
    pub(crate) check: Cell<HealthCheck>,
    /// What workers read.
    pub(crate) healthy: Cell<bool>,
}

impl Default for Probed {
    fn default() -> Self {
        Self { check: Cell::default(), healthy: Cell::new(true) }
    }
}

/// By upstream and endpoint.
type Table<T> = RefCell<BTreeMap<(usize, usize), Rc<T>>>;

/// What workers share of one endpoint.
pub(crate) type Block = (Rc<Book>, Rc<Probed>);

/// The registry of one process.
#[derive(Debug)]
pub(crate) struct Registry {
    pub(crate) books: Table<Book>,
    pub(crate) probed: Table<Probed>,
    /// What each version of the configuration was published with.
    published: RefCell<Vec<BTreeMap<(usize, usize), Block>>>,
    /// Exchanges in flight, by worker and upstream.
    pub(crate) in_flight: Vec<[Cell<usize>; 2]>,
    workers: usize,
}

impl Registry {
    pub(crate) fn new(size: Size) -> Self {
        Self {
            books: RefCell::default(),
            probed: RefCell::default(),
            published: RefCell::default(),
            in_flight: (0..size.workers).map(|_| Default::default()).collect(),
            workers: size.workers,
        }
    }

    /// Knows the endpoints of a configuration, and no others. Returns those that are new.
    pub(crate) fn follow(&self, setup: &Setup, now: u64) -> Vec<(usize, usize)> {
        let wanted =
            |upstream: usize| setup.upstreams[upstream].endpoints.iter().map(move |it| (upstream, site_of(it)));
        let wanted: Vec<_> = (0..2).flat_map(wanted).collect();
        let (mut books, mut probed) = (self.books.borrow_mut(), self.probed.borrow_mut());
        books.retain(|key, _| wanted.contains(key));
        probed.retain(|key, _| wanted.contains(key));
        let new: Vec<_> = wanted.into_iter().filter(|key| !books.contains_key(key)).collect();
        for key in &new {
            books.insert(*key, Rc::new(Book::new(self.workers, now / 1_000_000)));
            probed.insert(*key, Rc::default());
        }
        let block = |(key, book): (&(usize, usize), &Rc<Book>)| (*key, (Rc::clone(book), Rc::clone(&probed[key])));
        let mut published = self.published.borrow_mut();
        published.resize_with(setup.version + 1, BTreeMap::new);
        published[setup.version] = books.iter().map(block).collect();
        new
    }

    /// What goes with an endpoint to the workers that take over a version.
    pub(crate) fn block(&self, version: usize, key: (usize, usize)) -> Block {
        self.published.borrow()[version][&key].clone()
    }

    /// Exchanges in flight at an upstream, over all workers.
    pub(crate) fn total(&self, upstream: usize) -> usize {
        self.in_flight.iter().map(|of_worker| of_worker[upstream].get()).sum()
    }

    /// An operator wants something of the breakers of an endpoint of the first upstream.
    pub(crate) fn force(&self, site: usize, force: Force, now: u64) {
        if let Some(book) = self.books.borrow().get(&(0, site)) {
            book.breaker.force(force, now / 1_000_000);
        }
    }

    /// The look of the sidecar at all breakers.
    pub(crate) fn review(&self, setup: &Setup, now: u64, random: u64) {
        for ((upstream, _), book) in &*self.books.borrow() {
            let upstream = &setup.upstreams[*upstream];
            if let Some(breaker) = upstream.breaker.as_ref().filter(|breaker| breaker.mode != BreakerMode::Off) {
                let rules = Rules::new(breaker, upstream.attempt_timeout);
                book.breaker.review(now / 1_000_000, &rules, || random);
            }
        }
    }
}
