//! An upstream as this worker knows it: endpoints with their idle connections, a balancer, and what is in flight.
//!
//! Counting is by guards: an `Admission` (`admission.rs`) is one exchange in flight at an upstream, an [`Attempt`] one try
//! in flight at an endpoint. Dropping them, however the exchange ends, takes the count back.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use socket2::SockAddr;
use supplex_engine::config::{self, Address};
use supplex_engine::reason::Reason;
use supplex_engine::stats::block::{AttemptResult, HedgeResult};
use supplex_engine::stats::{EndpointBlock, UpstreamBlock};
use supplex_engine::upstream::{Balancer, Breaker, Draw, Member, Pool, RetryBudget, Tried};

use super::Worker;
use super::admission::Gate;
use super::breaker::{Breakers, Policy, Watch};
use super::health::Health;
use super::trace::attempt::AttemptSpan;
use crate::link::UpstreamBlocks;
use crate::ring::{Ring, Socket};

/// An upstream of one [`super::live::Live`].
pub(super) struct LiveUpstream {
    pub(super) settings: config::Upstream,
    pub(super) block: Arc<UpstreamBlock>,
    /// Who is let in. Kept over reloads, as is the budget.
    pub(super) gate: Rc<Gate>,
    retries: Rc<RefCell<RetryBudget>>,
    pub(super) endpoints: Vec<Rc<LiveEndpoint>>,
    pub(super) balancer: RefCell<Balancer>,
    /// Too few endpoints are well, so all are used.
    pub(super) panicking: Cell<bool>,
    breakers: Option<Rc<Policy>>,
}

/// One address of an upstream. Outlives the configurations it is part of.
pub(super) struct LiveEndpoint {
    settings: config::Endpoint,
    /// The resolved address as text, for the access log.
    pub(super) label: Box<str>,
    pub(super) address: SockAddr,
    pub(super) block: Arc<EndpointBlock>,
    pub(super) health: Health,
    idle: RefCell<Pool<Socket>>,
    /// Shared by all workers.
    pub(super) breaker: Arc<Breaker>,
    /// No longer in the configuration: connections are not kept.
    retired: Cell<bool>,
}

/// One attempt in flight.
pub(super) struct Attempt {
    endpoint: Rc<LiveEndpoint>,
    /// What the endpoint's breaker waits for.
    watch: Option<Watch>,
    /// Whether the connection had been used before.
    pooled: Cell<bool>,
    /// Nothing that becomes of it is the endpoint's doing.
    excused: Cell<bool>,
    /// Since when it takes time that is the endpoint's alone, on the ring's clock.
    begun: Cell<Option<u64>>,
    /// What its span is made of.
    pub(super) span: AttemptSpan,
}

/// Why no attempt can be made.
pub(super) struct Unavailable {
    pub(super) reason: Reason,
    /// Seconds, if it is known when to come again.
    pub(super) retry_after: Option<u32>,
}

impl LiveUpstream {
    pub(super) fn new(
        ring: &Rc<Ring>,
        settings: &config::Upstream,
        blocks: UpstreamBlocks,
        former: Option<&LiveUpstream>,
        now: u64,
    ) -> Self {
        let gate = former.map_or_else(|| Gate::new(ring, &blocks, settings), |former| Rc::clone(&former.gate));
        gate.follow(settings);
        let budget = || Rc::new(RefCell::new(RetryBudget::new(settings.retry_budget, blocks.total.len())));
        let retries = former.map_or_else(budget, |former| Rc::clone(&former.retries));
        retries.borrow_mut().set_rule(settings.retry_budget);
        let known = |wanted: &config::Endpoint| {
            let same = |endpoint: &&Rc<LiveEndpoint>| endpoint.settings.address == wanted.address;
            former.and_then(|former| former.endpoints.iter().find(same)).cloned()
        };
        let added = former.map(|_| now);
        let shared = blocks.endpoints.into_iter().zip(blocks.states).zip(blocks.breakers);
        let endpoints = settings.endpoints.iter().zip(shared).filter_map(|(settings, ((block, state), breaker))| {
            let health = || Health::new(state, member(settings).identity, added);
            known(settings).or_else(|| LiveEndpoint::new(settings, block, health(), breaker).map(Rc::new))
        });
        let endpoints: Vec<Rc<LiveEndpoint>> = endpoints.collect();
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
        let (settings, breakers) = (settings.clone(), Policy::new(settings));
        let upstream = Self { settings, block: blocks.own, gate, retries, endpoints, balancer, panicking, breakers };
        upstream.refresh(now);
        upstream
    }

    /// Counts a request whose retries are charged to the budget.
    pub(super) fn count_request(&self, now: u64) {
        self.retries.borrow_mut().request(now);
    }

    /// Whether the budget allows a retry now, and there is an endpoint for it; charges it if so.
    pub(super) fn may_retry(&self, worker: &Rc<Worker>) -> bool {
        let breakers = Breakers::new(self.breakers.as_ref(), worker);
        self.look_for_panic();
        if !self.usable().any(|endpoint| breakers.lets_through(&endpoint.breaker)) {
            return false;
        }
        let allowed = self.retries.borrow_mut().spend(worker.ring.coarse_now());
        if !allowed {
            self.block.retry_exhausted.increment();
        }
        allowed
    }

    /// Shows the state of the budget.
    pub(super) fn publish(&self, now: u64) {
        let (requests, retries) = self.retries.borrow_mut().counted(now);
        self.block.budget_requests.set(requests);
        self.block.budget_retries.set(retries);
    }

    /// Begins the next attempt, at the endpoint that the balancer chooses among those whose breakers let it through: one
    /// that was not tried, if there is one. Notes that it is tried.
    pub(super) fn attempt(&self, worker: &Rc<Worker>, hash: u64, tried: &mut Tried) -> Result<Attempt, Unavailable> {
        let breakers = Breakers::new(self.breakers.as_ref(), worker);
        loop {
            let draw = Draw { now: worker.ring.coarse_now(), random: worker.random.next(), hash };
            let Some((position, endpoint)) = self.pick(&breakers, draw, *tried) else {
                if self.look_for_panic() {
                    continue;
                }
                let retry_after = breakers.closed_off(self.usable());
                let reason = if retry_after.is_some() { Reason::BreakerOpen } else { Reason::UpstreamNone };
                return Err(Unavailable { reason, retry_after });
            };
            // Another worker may have taken the last place of a probe meanwhile; then there is another choice to make.
            if let Some(watch) = breakers.enter(&endpoint.breaker) {
                tried.add(position);
                endpoint.block.in_flight.increment();
                let span = AttemptSpan::new(position, watch.as_ref().is_some_and(Watch::is_probe));
                let (pooled, excused, begun) = (Cell::default(), Cell::default(), Cell::default());
                return Ok(Attempt { endpoint: Rc::clone(endpoint), watch, pooled, excused, begun, span });
            }
        }
    }

    /// Begins an attempt beside `first`, at an endpoint that was not tried, and charges the budget of retries.
    ///
    /// # Errors
    /// Why there is none; nothing when there is no other endpoint.
    pub(super) fn attempt_beside(
        &self,
        worker: &Rc<Worker>,
        hash: u64,
        tried: &mut Tried,
        first: &Attempt,
    ) -> Result<Attempt, Option<HedgeResult>> {
        let breakers = Breakers::new(self.breakers.as_ref(), worker);
        let is_other = |endpoint: &Rc<LiveEndpoint>| !Rc::ptr_eq(endpoint, &first.endpoint);
        let admitted = |index: usize, endpoint: &Rc<LiveEndpoint>| {
            is_other(endpoint) && !tried.has(index) && self.is_usable(index) && breakers.lets_through(&endpoint.breaker)
        };
        if !self.endpoints.iter().enumerate().any(|(index, endpoint)| admitted(index, endpoint)) {
            return Err(None);
        }
        if !self.retries.borrow_mut().spend(worker.ring.coarse_now()) {
            return Err(Some(HedgeResult::BudgetExhausted));
        }
        // A breaker may have let another worker through meanwhile, so that only the first endpoint is left.
        self.attempt(worker, hash, tried).ok().filter(|second| is_other(&second.endpoint)).ok_or(None)
    }

    /// The endpoints that may be used by health and ejection.
    fn usable(&self) -> impl Iterator<Item = &Rc<LiveEndpoint>> {
        self.endpoints.iter().enumerate().filter(|(index, _)| self.is_usable(*index)).map(|(_, endpoint)| endpoint)
    }

    /// The endpoint for the next attempt with its position.
    fn pick(&self, breakers: &Breakers<'_>, draw: Draw, tried: Tried) -> Option<(usize, &Rc<LiveEndpoint>)> {
        let in_flight = |index: usize| self.endpoints.get(index).map_or(0, |endpoint| endpoint.block.in_flight.get());
        let fit = |index: usize| self.endpoints.get(index).filter(|_| self.is_usable(index));
        let usable = |index: usize| fit(index).is_some_and(|one| breakers.lets_through(&one.breaker));
        // Who is on its way back is passed over now and then, as long as there is somebody else.
        let whole =
            |index: usize| fit(index).is_some_and(|one| breakers.prefers(&one.breaker)) && self.takes_part(index, draw);
        let picked = self.balancer.borrow_mut().choose(in_flight, draw, tried, usable, whole)?;
        Some((picked, self.endpoints.get(picked)?))
    }
}

/// An endpoint as the balancer knows it.
fn member(endpoint: &config::Endpoint) -> Member {
    Member::of(&endpoint.address.to_string(), endpoint.weight)
}

impl LiveEndpoint {
    fn new(
        settings: &config::Endpoint,
        block: Arc<EndpointBlock>,
        health: Health,
        breaker: Arc<Breaker>,
    ) -> Option<Self> {
        let address = match &settings.address {
            Address::Tcp(address) => SockAddr::from(*address),
            // The check has made sure that the path fits.
            Address::Unix(path) => SockAddr::unix(path).ok()?,
        };
        let idle = RefCell::new(Pool::new());
        let label = settings.address.to_string().into();
        let (settings, retired) = (settings.clone(), Cell::new(false));
        Some(Self { settings, label, address, block, health, idle, breaker, retired })
    }

    /// An idle connection that is still open, as far as is known.
    pub(super) fn take_idle(&self) -> Option<Socket> {
        let mut idle = self.idle.borrow_mut();
        let socket = std::iter::from_fn(|| idle.take()).find(Socket::is_pristine);
        self.block.pooled.set(idle.len() as u64);
        socket
    }

    /// Keeps a connection for the next attempt, if there is room.
    pub(super) fn keep_idle(&self, socket: Socket, now: u64, most: usize) {
        if self.retired.get() || !socket.is_pristine() {
            return;
        }
        socket.forget_task();
        socket.watch();
        let mut idle = self.idle.borrow_mut();
        drop(idle.put(now, socket, most));
        self.block.pooled.set(idle.len() as u64);
    }

    /// Closes idle connections that are older than `expired_before` or that the endpoint has closed.
    pub(super) fn sweep(&self, expired_before: u64) {
        let mut idle = self.idle.borrow_mut();
        if !idle.is_empty() {
            idle.sweep(expired_before, Socket::is_pristine, drop);
            self.block.pooled.set(idle.len() as u64);
        }
    }

    fn retire(&self) {
        self.retired.set(true);
        self.sweep(u64::MAX);
    }
}

impl Attempt {
    /// Counts how the attempt ended, and tells the breaker.
    pub(super) fn count(&self, result: AttemptResult) {
        self.endpoint.block.results(result).increment();
        self.span.ended(result);
        if let Some(watch) = &self.watch {
            let breaker = &self.endpoint.breaker;
            if self.is_to_blame(result) { watch.ended(breaker, result) } else { watch.excuse(breaker) }
        }
    }

    /// Counts the attempt as answered with this status, and tells the breaker.
    pub(super) fn answered(&self, status: u16) {
        self.span.answered(status);
        if let Some(watch) = &self.watch {
            watch.answered(&self.endpoint.breaker, status);
        }
        self.count(if status < 500 { AttemptResult::Success } else { AttemptResult::ServerError });
    }

    /// Notes whether the connection had been used before: that it is closed then is no failure of the endpoint.
    pub(super) fn set_pooled(&self, pooled: bool) {
        self.pooled.set(pooled);
    }

    /// Whether the connection had been used before.
    pub(super) fn is_pooled(&self) -> bool {
        self.pooled.get()
    }

    /// The endpoint is all that is waited for from here on: no client has a body to send.
    pub(super) fn set_begun(&self, now: u64) {
        self.begun.set(Some(now));
    }

    /// Since when it takes time that is the endpoint's alone; `None` when that cannot be told.
    pub(super) fn begun(&self) -> Option<u64> {
        self.begun.get()
    }

    /// Whatever becomes of the attempt, it is not the endpoint's doing.
    pub(super) fn excuse(&self) {
        self.excused.set(true);
        if let Some(watch) = &self.watch {
            watch.excuse(&self.endpoint.breaker);
        }
    }

    /// Whether a failure like this one is the endpoint's doing. It is not that an idle connection was closed, nor what was
    /// excused.
    pub(super) fn is_to_blame(&self, result: AttemptResult) -> bool {
        let stale = self.pooled.get() && result == AttemptResult::Reset;
        !stale && !self.excused.get() && result != AttemptResult::Cancelled
    }

    /// The endpoint that is tried.
    pub(super) fn endpoint(&self) -> &Rc<LiveEndpoint> {
        &self.endpoint
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.excuse();
        self.endpoint.block.in_flight.decrement();
    }
}
