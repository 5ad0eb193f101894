//! The limits of one worker: what `worker/limit.rs` and `worker/limit/desk.rs` ask the engine's desk, and when.

use std::collections::BTreeMap;
use std::time::Duration;

use supplex_engine::limit::{self, Alone, Ruling, Standing, Verdict, Wanted};
use supplex_engine::reason::Reason;

use super::line::TIMEOUT;
use super::meters::{Charged, lease_most};
use super::mutation::Mutation;
use super::outside::{Outside, StoreError};
use super::running::{Asking, Goes, Running, Stage};
use super::setup::Size;
use super::worker::Worker;

/// What a worker keeps for its limits.
pub(crate) struct Desk {
    pub(crate) decides: limit::Desk,
    /// Questions that are to fill up leases.
    refills: BTreeMap<usize, (Wanted, Ruling)>,
}

impl Desk {
    pub(crate) fn new(size: Size, seed: u64) -> Self {
        Self { decides: limit::Desk::new(size.keys, size.keys, size.workers, seed), refills: BTreeMap::new() }
    }
}

impl Worker {
    /// Decides about a request's limits, or asks the store.
    pub(crate) fn limit(&mut self, running: &mut Running, outside: &mut Outside) -> Goes {
        let (now, version) = (outside.now(), running.live.setup.version);
        let wanted = running.live.setup.wanted(running.route, running.client);
        let ruling = self.desk.decides.rule(&wanted, now);
        outside.ruled(self.place.process, &wanted, &ruling, version);
        if ruling.runs_low() && (ruling.refuses() || ruling.admits()) {
            self.refill(running, &wanted, &ruling, outside);
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
                self.desk.decides.given_up(&wanted, &ruling);
            }
            return self.enter(running, outside);
        }
        if !self.desk.decides.may_ask(&running.live.setup.limits, &wanted, now) {
            return self.without_store(running, &wanted, &ruling, outside);
        }
        let of = |charge: &supplex_engine::limit::Charge| {
            let wanted = wanted.iter().find(|one| one.charge.limit == charge.limit).expect("it is wanted");
            Charged { extra: charge.extra, ..outside.charged(self.place.process, wanted, version) }
        };
        let charges = ruling.questions(&wanted).map(|charge| of(&charge)).collect();
        let question = outside.ask(self.place, Some(running.id), charges);
        running.stage = Stage::Limiting(Asking { question, wanted, ruling });
        self.wait_until(running, now + limit::Desk::patience(Some(Duration::from_nanos(TIMEOUT))));
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
        self.desk.decides.note_store(&running.live.setup.limits, &wanted, now, result.is_ok());
        let verdict = match result {
            Ok(verdict) => self.desk.decides.answered(&wanted, &ruling, &verdict, now),
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
    fn refill(&mut self, running: &Running, wanted: &[Wanted], ruling: &Ruling, outside: &mut Outside) {
        let (now, setup) = (outside.now(), &running.live.setup);
        let version = setup.version;
        for (at, wanted) in wanted.iter().enumerate() {
            let Some((free, ruling)) = self.desk.decides.refill(ruling, at, wanted, now) else { continue };
            if !self.desk.decides.may_ask(&setup.limits, std::slice::from_ref(&free), now) {
                self.desk.decides.refilled(&free, &ruling, None, now);
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
        self.desk.decides.refilled(&free, &ruling, result.as_ref().ok(), now);
        if result.is_ok() {
            outside.ledger.totals.count("a lease filled up ahead");
        }
        let version = outside.questions[question].charges[0].version;
        self.check_leases(&[free], version, outside);
    }

    /// The client has left while the store was asked.
    pub(crate) fn not_limited(&mut self, running: &Running, asking: &Asking, outside: &mut Outside) {
        self.desk.decides.given_up(&asking.wanted, &asking.ruling);
        outside.not_spent(self.place.process, &asking.wanted, &asking.ruling, running.live.setup.version);
    }

    fn without_store(
        &mut self,
        running: &mut Running,
        wanted: &[Wanted],
        ruling: &Ruling,
        outside: &mut Outside,
    ) -> Goes {
        let (now, setup, size) = (outside.now(), &running.live.setup, outside.size);
        assert!(now < outside.ledger.limits_settled_at, "the store has been well for a while, and is not asked");
        outside.ledger.totals.count("decided without the store");
        let alone = self.desk.decides.without_store(&setup.limits, wanted, ruling, now);
        if !alone.admits() {
            outside.not_spent(self.place.process, wanted, ruling, setup.version);
        }
        let Alone::Decided(balances) = &alone else { return running.refuse(Reason::LimitStore) };
        for (wanted, balance) in wanted.iter().zip(balances) {
            let Some(balance) = balance else { continue };
            // Where there are more keys than room, buckets are forgotten, which the observer does not follow.
            if !size.is_flooded() {
                let charged = outside.charged(self.place.process, wanted, setup.version);
                let charged = Charged { shape: wanted.shape.share(size.workers, wanted.charge.cost), ..charged };
                outside.ledger.meters.alone(self.place, &charged, balance.covered, alone.admits(), now);
            }
        }
        if alone.admits() { self.enter(running, outside) } else { running.refuse(Reason::LimitExceeded) }
    }

    /// A worker never holds more of a bucket than is documented.
    fn check_leases(&self, wanted: &[Wanted], version: usize, outside: &Outside) {
        let current = version == self.live.setup.version;
        for wanted in wanted.iter().filter(|_| current) {
            let (held, most) = (
                self.desk.decides.leases().held(wanted, outside.now()),
                lease_most(wanted.shape, outside.size.workers),
            );
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
