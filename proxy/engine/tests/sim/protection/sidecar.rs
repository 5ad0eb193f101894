//! A process: its workers, and its sidecar, which answers questions, probes, looks at breakers and may stand still.

use std::rc::Rc;

use supplex_engine::config::{Balance, Store};

use super::clock::{Event, Letter, MILLI, Place, Step};
use super::line::Line;
use super::outside::Outside;
use super::registry::Registry;
use super::setup::{Setup, site_of};
use super::worker::Worker;

/// Between two looks at the breakers.
const LOOK: u64 = 100 * MILLI;

/// See above.
pub(crate) struct Process {
    number: usize,
    pub(crate) registry: Rc<Registry>,
    pub(crate) line: Line,
    pub(crate) workers: Vec<Worker>,
    setup: Rc<Setup>,
    /// The sidecar stands still until then.
    pub(crate) frozen_until: u64,
}

impl Process {
    pub(crate) fn new(number: usize, setup: &Rc<Setup>, outside: &mut Outside) -> Self {
        let registry = Rc::new(Registry::new(outside.size));
        let new = registry.follow(setup, 0);
        let place = |worker| Place { process: number, worker };
        let workers =
            (0..outside.size.workers).map(|worker| Worker::new(place(worker), &registry, setup, outside)).collect();
        let setup = Rc::clone(setup);
        let mut process = Self { number, registry, line: Line::new(number), workers, setup, frozen_until: 0 };
        process.line.connect(outside);
        outside.schedule.after(LOOK, Event::Sidecar { process: number, step: Step::Look });
        process.probe_all(&new, outside);
        process
    }

    /// The sidecar does something.
    pub(crate) fn step(&mut self, step: Step, outside: &mut Outside) {
        match step {
            Step::Question { question } => self.question(question, outside),
            Step::Connecting { epoch } => self.line.connecting(epoch, outside),
            Step::Ping { epoch } => self.line.pinged(epoch, outside),
            Step::Reply { flight } => self.line.replied(flight, outside),
            Step::Late { flight } => self.line.late(flight, outside),
            Step::Broken { connection } => self.line.broken(connection, outside),
            Step::Look => {
                self.registry.review(&self.setup, outside.now(), outside.random.next());
                outside.schedule.after(LOOK, Event::Sidecar { process: self.number, step });
            }
            Step::Probe { upstream, site } => self.probe(upstream, site, outside),
            Step::Publish { version } => self.publish(version, outside),
        }
    }

    /// Once all is well every endpoint gets requests again, whatever it was; but those whose keys nobody sends, and those that
    /// were slow not long ago, which `peak_ewma` tries with one request in a hundred.
    pub(crate) fn check_nobody_starves(&self) {
        let upstream = &self.setup.upstreams[0];
        let books = self.registry.books.borrow();
        let tries = |site| books[&(0, site)].tries.get();
        let all: u64 = upstream.endpoints.iter().map(|it| tries(site_of(it))).sum();
        let by_chance = matches!(upstream.balance, Balance::ConsistentHash | Balance::PeakEwma);
        if by_chance || all < 300 * upstream.endpoints.len() as u64 {
            return;
        }
        for site in upstream.endpoints.iter().map(site_of) {
            assert!(tries(site) > 0, "{site} was well again, and got none of {all} requests");
        }
    }

    fn question(&mut self, question: usize, outside: &mut Outside) {
        match self.setup.store() {
            Store::Redis => self.line.ask(question, outside),
            Store::Local => {
                let (now, charges) = (outside.now(), &outside.questions[question].charges);
                let (verdict, forgiven) = outside.locals[self.number].take(&self.setup, charges, now);
                outside.ledger.meters.forgive(self.number, &forgiven, now);
                outside.decided(question, &verdict);
                outside.answer(question, Ok(verdict));
            }
        }
    }

    fn publish(&mut self, version: usize, outside: &mut Outside) {
        // A later one may have overtaken it on the way.
        if version <= self.setup.version {
            return;
        }
        self.setup = Rc::clone(&outside.setups[version]);
        let new = self.registry.follow(&self.setup, outside.now());
        self.probe_all(&new, outside);
        for worker in 0..self.workers.len() {
            let (hop, place) = (outside.hop(), Place { process: self.number, worker });
            outside.schedule.after(hop, Event::Mail { place, letter: Letter::Configure { version } });
        }
        outside.ledger.totals.count("a reload");
    }

    fn probe_all(&self, new: &[(usize, usize)], outside: &mut Outside) {
        for (upstream, site) in new {
            if self.setup.upstreams[*upstream].health.is_some() {
                let first = outside.random.between(0, 100) * MILLI;
                let step = Step::Probe { upstream: *upstream, site: *site };
                outside.schedule.after(first, Event::Sidecar { process: self.number, step });
            }
        }
    }

    fn probe(&mut self, upstream: usize, site: usize, outside: &mut Outside) {
        let Some(rules) = &self.setup.upstreams[upstream].health else { return };
        let Some(probed) = self.registry.probed.borrow().get(&(upstream, site)).cloned() else { return };
        let condition = outside.network.condition(site);
        let failed = condition.is_dead || condition.stands_still || outside.random.chance(condition.losses);
        let mut check = probed.check.get();
        check.probed(!failed, rules.unhealthy_after, rules.healthy_after);
        probed.check.set(check);
        if probed.healthy.replace(check.is_healthy()) && !check.is_healthy() {
            outside.ledger.totals.count("an endpoint that failed its probes");
        }
        let (interval, step) = (rules.interval.as_nanos() as u64, Step::Probe { upstream, site });
        outside.schedule.after(interval, Event::Sidecar { process: self.number, step });
    }
}
