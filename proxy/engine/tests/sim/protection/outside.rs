//! Everything around the processes: time, chance, the network, Redis, and the observer.

use std::rc::Rc;

use supplex_engine::config::Store;
use supplex_engine::limit::{Ruling, Standing, Verdict, Wanted};

use super::clock::{Event, Letter, MICRO, Place, Schedule, Step};
use super::ledger::Ledger;
use super::local::Local;
use super::log::{Log, Note};
use super::meters::{BucketId, Charged};
use super::network::Network;
use super::redis::Redis;
use super::setup::{Setup, Size};
use crate::random::Random;

/// Why a store says nothing; as `link/limits.rs` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreError {
    Unreachable,
    Timeout,
    Refused,
}

/// A question to the store, and what became of it.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) place: Place,
    /// Who waits; nobody, if it is to fill up a lease.
    pub(crate) exchange: Option<usize>,
    pub(crate) charges: Vec<Charged>,
    pub(crate) result: Option<Result<Verdict, StoreError>>,
}

/// See above.
pub(crate) struct Outside {
    pub(crate) size: Size,
    pub(crate) schedule: Schedule,
    pub(crate) random: Random,
    pub(crate) network: Network,
    pub(crate) redis: Redis,
    /// The stores of the processes themselves.
    pub(crate) locals: Vec<Local>,
    pub(crate) ledger: Ledger,
    pub(crate) log: Log,
    pub(crate) questions: Vec<Question>,
    /// By version.
    pub(crate) setups: Vec<Rc<Setup>>,
}

impl Outside {
    pub(crate) fn now(&self) -> u64 {
        self.schedule.now()
    }

    /// Nanoseconds that a bucket lacks in the store that a process asks.
    pub(crate) fn debt(&self, process: usize, id: BucketId, now: u64) -> u64 {
        match self.setups[0].store() {
            Store::Redis => self.redis.debt(id, now),
            Store::Local => self.locals[process].debt(id, now),
        }
    }

    /// What a worker of this process wants, as the observer knows it.
    pub(crate) fn charged(&self, process: usize, wanted: &Wanted, version: usize) -> Charged {
        let id = (wanted.charge.limit, wanted.charge.key);
        let keeper = if self.setups[0].store() == Store::Redis { 0 } else { process };
        Charged { id, shape: wanted.shape, cost: wanted.charge.cost, extra: 0, version, keeper }
    }

    /// A way between threads of one process.
    pub(crate) fn hop(&mut self) -> u64 {
        self.random.between(10, 100) * MICRO
    }

    /// A worker leaves a question to its sidecar.
    pub(crate) fn ask(&mut self, place: Place, exchange: Option<usize>, charges: Vec<Charged>) -> usize {
        self.questions.push(Question { place, exchange, charges, result: None });
        let (question, hop) = (self.questions.len() - 1, self.hop());
        self.schedule.after(hop, Event::Sidecar { process: place.process, step: Step::Question { question } });
        question
    }

    /// A sidecar answers.
    pub(crate) fn answer(&mut self, question: usize, result: Result<Verdict, StoreError>) {
        let known = &mut self.questions[question];
        assert!(known.result.is_none(), "question {question} was answered twice");
        known.result = Some(result);
        let (place, hop) = (known.place, self.hop());
        self.schedule.after(hop, Event::Mail { place, letter: Letter::Answer { question } });
    }

    /// A store has decided about a question.
    pub(crate) fn decided(&mut self, question: usize, verdict: &Verdict) {
        let (now, admits) = (self.now(), verdict.admits());
        let charges = &self.questions[question].charges;
        if admits {
            charges.iter().for_each(|charged| self.ledger.meters.spend(self.size, charged, now));
            if charges.len() > 1 {
                self.ledger.totals.count("several limits charged together");
            }
        }
        for (charged, balance) in charges.iter().zip(verdict.balances()).filter(|(_, balance)| !balance.covered) {
            // What a client is told to wait is enough, if nobody else takes anything.
            let missing = self.debt(charged.keeper, charged.id, now).min(charged.shape.capacity());
            let wait = charged.shape.worth(charged.cost) + missing - charged.shape.capacity();
            assert_eq!(balance.retry_after, wait, "the time to wait is not true: {charged:?}");
        }
        let remaining = verdict.balances().first().map_or(0, |balance| balance.remaining);
        self.log.note(now, Note::Store { question, admits, remaining });
    }

    /// A worker has decided what it can from leases. What they cover is spent from here on.
    pub(crate) fn ruled(&mut self, process: usize, wanted: &[Wanted], ruling: &Ruling, version: usize) {
        let now = self.now();
        for (wanted, standing) in wanted.iter().zip(ruling.standings()) {
            if matches!(standing, Standing::Leased(_)) && !ruling.refuses() {
                let charged = self.charged(process, wanted, version);
                self.ledger.meters.spend(self.size, &charged, now);
            }
        }
    }

    /// The request of a ruling was not let through, so its leases were not spent.
    pub(crate) fn not_spent(&mut self, process: usize, wanted: &[Wanted], ruling: &Ruling, version: usize) {
        let now = self.now();
        for (wanted, standing) in wanted.iter().zip(ruling.standings()) {
            if matches!(standing, Standing::Leased(_)) {
                let charged = self.charged(process, wanted, version);
                self.ledger.meters.take_back(self.size, &charged, now);
            }
        }
    }
}
