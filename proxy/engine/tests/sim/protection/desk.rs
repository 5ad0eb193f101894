//! The limits of one worker, in the way of `worker/limit.rs`, `worker/limit/desk.rs` and `worker/limit/fallback.rs`.

use std::collections::BTreeMap;

use supplex_engine::config::OnStoreError;
use supplex_engine::limit::{Entry, Leases, Ruling, Standing, Table, Verdict, Wanted};
use supplex_engine::reason::Reason;

use super::clock::MILLI;
use super::line::TIMEOUT;
use super::meters::{Charged, lease_most};
use super::mutation::Mutation;
use super::outside::{Outside, StoreError};
use super::running::{Asking, Goes, Running, Stage};
use super::setup::Size;
use super::worker::Worker;

/// How much longer than the store's own timeout its answer is waited for.
const WAY: u64 = 30 * MILLI;
const TROUBLE: u32 = 3;
const PAUSE: u64 = 100 * MILLI;

/// What a worker keeps for its limits.
pub(crate) struct Desk {
    pub(crate) leases: Leases,
    pub(crate) fallback: Table,
    failures: u32,
    paused_until: u64,
    /// Questions that are to fill up leases.
    refills: BTreeMap<usize, (Wanted, Ruling)>,
}

impl Desk {
    pub(crate) fn new(size: Size, seed: u64) -> Self {
        let leases = Leases::new(size.keys, size.workers, seed);
        Self { leases, fallback: Table::new(size.keys, seed), failures: 0, paused_until: 0, refills: BTreeMap::new() }
    }

    fn note_store(&mut self, now: u64, answered: bool) {
        self.failures = if answered { 0 } else { self.failures + 1 };
        self.paused_until = if self.failures >= TROUBLE { now + PAUSE } else { 0 };
    }
}

impl Worker {
    /// Decides about a request's limits, or asks the store.
    pub(crate) fn limit(&mut self, running: &mut Running, outside: &mut Outside) -> Goes {
        let (now, version) = (outside.now(), running.live.setup.version);
        let wanted = running.live.setup.wanted(running.route, running.client);
        let ruling = self.desk.leases.rule(&wanted, now);
        outside.ruled(self.place.process, &wanted, &ruling, version);
        if ruling.runs_low() && (ruling.refuses() || ruling.admits()) {
            self.refill(&wanted, version, outside);
        }
        if ruling.refuses() {
            outside.ledger.totals.count("refused from memory");
            for (wanted, standing) in wanted.iter().zip(ruling.standings()) {
                if matches!(standing, Standing::Remembered(_)) {
                    let charged = outside.charged(self.place.process, wanted, version);
                    check_memory(self.place.process, &charged, outside);
                }
            }
            return running.refuse(Reason::LimitExceeded);
        }
        if ruling.admits() {
            outside.ledger.totals.count("admitted by a lease");
            if outside.size.mutation == Mutation::SpendsTwice {
                self.desk.leases.unanswered(&wanted, &ruling, false);
            }
            return self.enter(running, outside);
        }
        if self.desk.paused_until > now {
            return self.without_store(running, &wanted, &ruling, outside);
        }
        let of = |charge: &supplex_engine::limit::Charge| {
            let wanted = wanted.iter().find(|one| one.charge.limit == charge.limit).expect("it is wanted");
            Charged { extra: charge.extra, ..outside.charged(self.place.process, wanted, version) }
        };
        let charges = ruling.questions(&wanted).map(|charge| of(&charge)).collect();
        let question = outside.ask(self.place, Some(running.id), charges);
        running.stage = Stage::Limiting(Asking { question, wanted, ruling });
        self.wait_until(running, now + TIMEOUT + WAY);
        Goes::On
    }

    /// The store has answered, or its time is over.
    pub(crate) fn limited(
        &mut self,
        running: &mut Running,
        asking: Asking,
        result: Result<Verdict, StoreError>,
        outside: &mut Outside,
    ) -> Goes {
        let (now, version) = (outside.now(), running.live.setup.version);
        let Asking { wanted, ruling, .. } = asking;
        self.desk.note_store(now, result.is_ok());
        let verdict = match result {
            Ok(verdict) => self.desk.leases.answered(&wanted, &ruling, &verdict, now),
            Err(error) => {
                if error == StoreError::Timeout {
                    outside.ledger.totals.count("a question that timed out");
                }
                return self.without_store(running, &wanted, &ruling, outside);
            }
        };
        self.check_leases(&wanted, version, outside);
        if verdict.admits() {
            outside.ledger.totals.count("admitted by the store");
            return self.enter(running, outside);
        }
        outside.ledger.totals.count("refused by the store");
        outside.not_spent(self.place.process, &wanted, &ruling, version);
        running.refuse(Reason::LimitExceeded)
    }

    /// Asks the store to fill up the leases that are half spent. Nobody waits for the answer.
    fn refill(&mut self, wanted: &[Wanted], version: usize, outside: &mut Outside) {
        let now = outside.now();
        for wanted in wanted {
            let Some((free, ruling)) = self.desk.leases.refill(wanted, now) else { continue };
            if self.desk.paused_until > now {
                self.desk.leases.unanswered(&[free], &ruling, true);
                continue;
            }
            let charged = outside.charged(self.place.process, &free, version);
            let charge = ruling.questions(std::slice::from_ref(&free)).next().expect("it asks");
            let question = outside.ask(self.place, None, vec![Charged { extra: charge.extra, ..charged }]);
            self.desk.refills.insert(question, (free, ruling));
        }
    }

    /// The store has answered a question for which nobody waits.
    pub(crate) fn refilled(&mut self, question: usize, result: Result<Verdict, StoreError>, outside: &mut Outside) {
        let now = outside.now();
        let Some((free, ruling)) = self.desk.refills.remove(&question) else { return };
        match result {
            Ok(verdict) => {
                self.desk.leases.answered(&[free], &ruling, &verdict, now);
                outside.ledger.totals.count("a lease filled up ahead");
            }
            Err(_) => self.desk.leases.unanswered(&[free], &ruling, true),
        }
        let version = outside.questions[question].charges[0].version;
        self.check_leases(&[free], version, outside);
    }

    /// The client has left while the store was asked.
    pub(crate) fn not_limited(&mut self, running: &Running, asking: &Asking, outside: &mut Outside) {
        self.desk.leases.unanswered(&asking.wanted, &asking.ruling, false);
        outside.not_spent(self.place.process, &asking.wanted, &asking.ruling, running.live.setup.version);
    }

    fn without_store(
        &mut self,
        running: &mut Running,
        wanted: &[Wanted],
        ruling: &Ruling,
        outside: &mut Outside,
    ) -> Goes {
        let version = running.live.setup.version;
        let outcome = self.decide_alone(running, wanted, ruling, outside);
        self.desk.leases.unanswered(wanted, ruling, outcome.is_ok());
        if outcome.is_err() {
            outside.not_spent(self.place.process, wanted, ruling, version);
        }
        match outcome {
            Ok(()) => self.enter(running, outside),
            Err(reason) => running.refuse(reason),
        }
    }

    /// What `on_store_error` says, limit by limit.
    fn decide_alone(
        &mut self,
        running: &Running,
        wanted: &[Wanted],
        ruling: &Ruling,
        outside: &mut Outside,
    ) -> Result<(), Reason> {
        let (now, setup, size) = (outside.now(), &running.live.setup, outside.size);
        assert!(now < outside.ledger.limits_settled_at, "the store has been well for a while, and is not asked");
        outside.ledger.totals.count("decided without the store");
        let way_out = |wanted: &Wanted| setup.limits[wanted.charge.limit.index()].on_store_error;
        let asked = || {
            let both = wanted.iter().zip(ruling.standings());
            both.filter(|(_, standing)| matches!(standing, Standing::Ask { .. })).map(|(wanted, _)| wanted)
        };
        if asked().any(|wanted| way_out(wanted) == OnStoreError::Closed) {
            return Err(Reason::LimitStore);
        }
        let share = |wanted: &Wanted| wanted.shape.share(size.workers, wanted.charge.cost);
        let alone: Vec<&Wanted> = asked().filter(|wanted| way_out(wanted) == OnStoreError::Local).collect();
        let entry = |wanted: &&Wanted| Entry {
            family: wanted.family,
            shape: share(wanted),
            key: wanted.charge.key,
            cost: wanted.charge.cost,
            extra: 0,
        };
        let entries: Vec<Entry> = alone.iter().map(entry).collect();
        let verdict = self.desk.fallback.charge(&entries, now);
        for (wanted, balance) in alone.iter().zip(verdict.balances()) {
            // Where there are more keys than room, buckets are forgotten, which the observer does not follow.
            if !size.is_flooded() {
                let charged = outside.charged(self.place.process, wanted, setup.version);
                let charged = Charged { shape: share(wanted), ..charged };
                outside.ledger.meters.alone(self.place, &charged, balance.covered, verdict.admits(), now);
            }
        }
        if verdict.admits() { Ok(()) } else { Err(Reason::LimitExceeded) }
    }

    /// A worker never holds more of a bucket than is documented.
    fn check_leases(&self, wanted: &[Wanted], version: usize, outside: &Outside) {
        let current = version == self.live.setup.version;
        for wanted in wanted.iter().filter(|_| current) {
            let (held, most) =
                (self.desk.leases.held(wanted, outside.now()), lease_most(wanted.shape, outside.size.workers));
            assert!(held <= most, "{held} tokens are held, at most {most}: {wanted:?}");
        }
    }
}

/// A refusal from memory is true: the store would say the same, unless it has forgotten something since.
fn check_memory(process: usize, charged: &Charged, outside: &mut Outside) {
    let (now, shape) = (outside.now(), charged.shape);
    let missing = outside.debt(process, charged.id, now);
    if shape.worth(charged.cost) + missing <= shape.capacity() {
        outside.ledger.totals.count("refused from memory after the store forgot");
        let since = now.saturating_sub(shape.capacity());
        assert!(outside.ledger.meters.forgave_since(charged, since), "refused for nothing: {charged:?}");
    }
}
