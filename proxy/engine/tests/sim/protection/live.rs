//! The configuration as one worker runs it, in the way of `worker/live.rs`, `worker/upstream.rs` and `worker/health.rs`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use supplex_engine::config;
use supplex_engine::upstream::breaker::Rules;
use supplex_engine::upstream::health::panics;
use supplex_engine::upstream::{Balancer, Draw, Fitness, Member, Pool, RetryBudget};

use super::gate::Gate;
use super::ledger::enforces;
use super::registry::{Book, Probed, Registry};
use super::setup::{Setup, site_of};

/// A configuration in use.
pub(crate) struct Live {
    pub(crate) setup: Rc<Setup>,
    pub(crate) upstreams: [Rc<LiveUpstream>; 2],
}

/// An upstream of one configuration.
pub(crate) struct LiveUpstream {
    pub(crate) settings: config::Upstream,
    pub(crate) gate: Rc<Gate>,
    pub(crate) retries: Rc<RefCell<RetryBudget>>,
    pub(crate) endpoints: Vec<Rc<LiveEndpoint>>,
    pub(crate) balancer: RefCell<Balancer>,
    pub(crate) panicking: Cell<bool>,
    pub(crate) rules: Option<Rules>,
    pub(crate) enforces: bool,
}

/// An endpoint, over configurations.
pub(crate) struct LiveEndpoint {
    pub(crate) site: usize,
    pub(crate) book: Rc<Book>,
    probed: Rc<Probed>,
    fitness: Cell<Fitness>,
    /// Idle connections: in which life of the endpoint each was made.
    pub(crate) idle: RefCell<Pool<u32>>,
    pub(crate) in_flight: Cell<u64>,
    retired: Cell<bool>,
}

impl Live {
    pub(crate) fn new(
        setup: Rc<Setup>,
        registry: &Rc<Registry>,
        worker: usize,
        former: Option<&Live>,
        now: u64,
    ) -> Self {
        let upstream = |number: usize| {
            let former = former.map(|former| &*former.upstreams[number]);
            Rc::new(LiveUpstream::new(number, &setup, registry, worker, former, now))
        };
        Self { upstreams: [upstream(0), upstream(1)], setup }
    }
}

impl LiveUpstream {
    fn new(
        number: usize,
        setup: &Setup,
        registry: &Rc<Registry>,
        worker: usize,
        former: Option<&LiveUpstream>,
        now: u64,
    ) -> Self {
        let (settings, version) = (&setup.upstreams[number], setup.version);
        let gate = || Rc::new(Gate::new(Rc::clone(registry), worker, number));
        let gate = former.map_or_else(gate, |former| Rc::clone(&former.gate));
        gate.follow(settings);
        let budget = || Rc::new(RefCell::new(RetryBudget::new(settings.retry_budget, registry.in_flight.len())));
        let retries = former.map_or_else(budget, |former| Rc::clone(&former.retries));
        retries.borrow_mut().set_rule(settings.retry_budget);
        let endpoint = |settings: &config::Endpoint| {
            let site = site_of(settings);
            let known = former.and_then(|former| former.endpoints.iter().find(|one| one.site == site));
            known.cloned().unwrap_or_else(|| {
                let (book, probed) = registry.block(version, (number, site));
                Rc::new(LiveEndpoint::new(site, book, probed, member(settings).identity, former.map(|_| now)))
            })
        };
        let endpoints: Vec<Rc<LiveEndpoint>> = settings.endpoints.iter().map(endpoint).collect();
        if let Some(former) = former {
            let gone = former.endpoints.iter().filter(|known| !endpoints.iter().any(|kept| Rc::ptr_eq(kept, known)));
            gone.for_each(|endpoint| endpoint.retire());
        }
        let members: Vec<Member> = settings.endpoints.iter().map(member).collect();
        let mut balancer = Balancer::new(settings.balance, &members);
        if let Some(former) = former {
            balancer.adopt(&former.balancer.borrow(), now);
        }
        let (balancer, panicking) = (RefCell::new(balancer), Cell::default());
        let rules = settings.breaker.as_ref().map(|breaker| Rules::new(breaker, settings.attempt_timeout));
        let (settings, enforces) = (settings.clone(), enforces(settings));
        let upstream = Self { settings, gate, retries, endpoints, balancer, panicking, rules, enforces };
        upstream.refresh(now);
        upstream
    }

    /// Takes up what has changed since the last tick.
    pub(crate) fn refresh(&self, now: u64) {
        self.endpoints.iter().for_each(|endpoint| endpoint.refresh(&self.settings, now));
        self.look_for_panic();
    }

    /// Whether too few endpoints are fit, and have just become too few.
    pub(crate) fn look_for_panic(&self) -> bool {
        let fit = self.endpoints.iter().filter(|endpoint| endpoint.is_fit()).count();
        let panicking = panics(fit, self.endpoints.len(), self.settings.panic_threshold);
        !self.panicking.replace(panicking) && panicking
    }

    /// Whether an endpoint may be used by health and ejection.
    pub(crate) fn is_usable(&self, index: usize) -> bool {
        self.panicking.get() || self.endpoints.get(index).is_some_and(|endpoint| endpoint.is_fit())
    }

    pub(crate) fn takes_part(&self, index: usize, draw: Draw) -> bool {
        let takes_part = |fitness: Fitness| fitness.takes_part(self.settings.balance, draw);
        self.endpoints.get(index).is_some_and(|endpoint| takes_part(endpoint.fitness.get()))
    }

    pub(crate) fn lets_through(&self, endpoint: &LiveEndpoint, now: u64) -> bool {
        let admits = |rules: &Rules| !self.enforces || endpoint.book.breaker.would_admit(now / 1_000_000, rules);
        self.rules.as_ref().is_none_or(admits)
    }

    pub(crate) fn prefers(&self, endpoint: &LiveEndpoint, now: u64, chance: u64) -> bool {
        let spared = |rules: &Rules| self.enforces && endpoint.book.breaker.holds_back(now / 1_000_000, chance, rules);
        self.lets_through(endpoint, now) && !self.rules.as_ref().is_some_and(spared)
    }

    /// An attempt ended well or not. Whether the endpoint is ejected by it.
    pub(crate) fn judge(&self, endpoint: &LiveEndpoint, failed: bool, now: u64) -> bool {
        let Some(rules) = &self.settings.ejection else { return false };
        let out = || self.endpoints.iter().filter(|one| one.fitness.get().is_ejected()).count();
        let mut fitness = endpoint.fitness.get();
        let ejects = fitness.attempted(failed, rules, out(), self.endpoints.len(), now);
        endpoint.fitness.set(fitness);
        if ejects {
            self.refresh(now);
            // One that is no longer in the configuration may be ejected too, and takes no place.
            let most = rules.max_ejected.share() * self.endpoints.len() as f64;
            assert!(out() as f64 <= most, "{} of {} are ejected", out(), self.endpoints.len());
        }
        ejects
    }
}

/// An endpoint as the balancer knows it.
fn member(endpoint: &config::Endpoint) -> Member {
    Member::of(&endpoint.address.to_string(), endpoint.weight)
}

impl LiveEndpoint {
    fn new(site: usize, book: Rc<Book>, probed: Rc<Probed>, identity: u64, added: Option<u64>) -> Self {
        Self {
            site,
            book,
            fitness: Cell::new(Fitness::new(probed.healthy.get(), identity, added)),
            probed,
            idle: RefCell::default(),
            in_flight: Cell::default(),
            retired: Cell::default(),
        }
    }

    pub(crate) fn is_fit(&self) -> bool {
        self.fitness.get().is_fit()
    }

    fn refresh(&self, settings: &config::Upstream, now: u64) {
        let mut fitness = self.fitness.get();
        fitness.refresh(settings, self.probed.healthy.get(), now);
        self.fitness.set(fitness);
    }

    /// Keeps a connection for the next attempt, if there is room.
    pub(crate) fn keep_idle(&self, life: u32, now: u64, most: usize) {
        if !self.retired.get() {
            let _closed = self.idle.borrow_mut().put(now, life, most);
            assert!(self.idle.borrow().len() <= most, "too many idle connections");
        }
    }

    fn retire(&self) {
        self.retired.set(true);
        self.idle.borrow_mut().sweep(u64::MAX, |_| false, drop);
    }
}
