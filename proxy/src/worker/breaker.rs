//! Asks the breaker of an endpoint before an attempt, and tells it how the attempt ended.
//!
//! The engine decides (`supplex_engine::upstream::breaker`); this module knows which of the gateway's results are about
//! the endpoint. Not about it: a client that left, a request that the gateway or the client broke off, and a pooled
//! connection that turned out to be closed, which healthy servers do all the time.

use std::cell::Cell;
use std::rc::Rc;

use supplex_engine::config::{self, BreakerMode};
use supplex_engine::stats::block::AttemptResult;
use supplex_engine::upstream::breaker::{Breaker, Failure, Permit, Report, Rules};

use super::Worker;
use super::upstream::LiveEndpoint;

const NANOS_PER_MILLI: u64 = 1_000_000;

/// The breaker settings of an upstream, if it has breakers.
pub(super) struct Policy {
    rules: Rules,
    /// Refuses, rather than only showing that it would.
    enforce: bool,
}

impl Policy {
    pub(super) fn new(settings: &config::Upstream) -> Option<Rc<Self>> {
        let breaker = settings.breaker.as_ref().filter(|breaker| breaker.mode != BreakerMode::Off)?;
        let enforce = breaker.mode == BreakerMode::Enforce;
        Some(Rc::new(Self { rules: Rules::new(breaker, settings.attempt_timeout), enforce }))
    }
}

/// The breakers of an upstream at one moment.
pub(super) struct Breakers<'a> {
    policy: Option<&'a Rc<Policy>>,
    worker: &'a Rc<Worker>,
    now: u64,
    chance: u64,
}

impl<'a> Breakers<'a> {
    pub(super) fn new(policy: Option<&'a Rc<Policy>>, worker: &'a Rc<Worker>) -> Self {
        let chance = if policy.is_some() { worker.random.next() } else { 0 };
        Self { policy, worker, now: worker.ring.coarse_now() / NANOS_PER_MILLI, chance }
    }

    /// Whether an attempt at the endpoint may be made.
    pub(super) fn lets_through(&self, breaker: &Breaker) -> bool {
        self.policy.is_none_or(|policy| !policy.enforce || breaker.would_admit(self.now, &policy.rules))
    }

    /// As [`Breakers::lets_through`], and the endpoint is not to be spared in favour of others either.
    pub(super) fn prefers(&self, breaker: &Breaker) -> bool {
        let spared = |policy: &Rc<Policy>| policy.enforce && breaker.holds_back(self.now, self.chance, &policy.rules);
        self.lets_through(breaker) && !self.policy.is_some_and(spared)
    }

    /// Begins an attempt; `None` when another worker has just taken the last place.
    pub(super) fn enter(&self, breaker: &Breaker) -> Option<Option<Watch>> {
        let Some(policy) = self.policy else { return Some(None) };
        let permit = breaker.admit(self.now, &policy.rules);
        if permit.is_none() && policy.enforce {
            return None;
        }
        Some(permit.map(|permit| Watch {
            policy: Rc::clone(policy),
            worker: Rc::clone(self.worker),
            permit: Cell::new(Some(permit)),
            begun: self.worker.ring.coarse_now(),
        }))
    }

    /// When every one of these breakers is open: the seconds until the first lets somebody through, rounded up.
    pub(super) fn closed_off<'b>(&self, endpoints: impl Iterator<Item = &'b Rc<LiveEndpoint>>) -> Option<u32> {
        let policy = self.policy?;
        let mut earliest = None;
        let mut any = false;
        for endpoint in endpoints {
            if self.lets_through(&endpoint.breaker) {
                return None;
            }
            any = true;
            let at = endpoint.breaker.state().lets_through_at(self.now);
            earliest = [earliest, at].into_iter().flatten().min();
        }
        // Nobody knows when one that was forced open will be closed again; ask as late as after a first failure.
        let wait = earliest.map_or(policy.rules.delay(1), |at| at.saturating_sub(self.now));
        any.then(|| u32::try_from(wait.div_ceil(1000).max(1)).unwrap_or(u32::MAX))
    }
}

/// An attempt that the breaker waits to hear about; [`Watch::excuse`] must be its last word, if nothing else was.
pub(super) struct Watch {
    policy: Rc<Policy>,
    worker: Rc<Worker>,
    /// `None` once it is told.
    permit: Cell<Option<Permit>>,
    /// On the ring's clock.
    begun: u64,
}

impl Watch {
    /// Whether the attempt is to show how the endpoint does; not once it is told.
    pub(super) fn is_probe(&self) -> bool {
        self.permit.get().is_some_and(Permit::is_probe)
    }

    /// A response head with this status arrived.
    pub(super) fn answered(&self, breaker: &Breaker, status: u16) {
        self.tell(breaker, Failure::of_status(status), true);
    }

    /// The attempt ended so, by the endpoint's doing. A [`AttemptResult::ServerError`] is told by its status instead.
    pub(super) fn ended(&self, breaker: &Breaker, result: AttemptResult) {
        match result {
            AttemptResult::Success => self.tell(breaker, None, true),
            AttemptResult::Connect => self.tell(breaker, Some(Failure::Connect), false),
            AttemptResult::Reset => self.tell(breaker, Some(Failure::Reset), false),
            AttemptResult::Timeout => self.tell(breaker, Some(Failure::Timeout), false),
            AttemptResult::Malformed => self.tell(breaker, Some(Failure::Malformed), false),
            AttemptResult::Cancelled | AttemptResult::ServerError => self.excuse(breaker),
        }
    }

    /// Whatever becomes of the attempt, it is not the endpoint's doing.
    pub(super) fn excuse(&self, breaker: &Breaker) {
        if let Some(permit) = self.permit.take() {
            breaker.void(permit, self.worker.ring.coarse_now() / NANOS_PER_MILLI, &self.policy.rules);
        }
    }

    fn tell(&self, breaker: &Breaker, failure: Option<Failure>, answered: bool) {
        let Some(permit) = self.permit.take() else { return };
        let (now, rules) = (self.worker.ring.coarse_now(), &self.policy.rules);
        let report = Report { failure, slow: answered && rules.is_slow(now.saturating_sub(self.begun)) };
        let random = || self.worker.random.next();
        breaker.report(self.worker.index, permit, report, now / NANOS_PER_MILLI, rules, random);
    }
}
