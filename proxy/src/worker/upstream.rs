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
use supplex_engine::stats::block::AttemptResult;
use supplex_engine::stats::{EndpointBlock, UpstreamBlock};
use supplex_engine::upstream::{Balancer, Breaker, Pool, RetryBudget, Tried};

use super::Worker;
use super::admission::Gate;
use super::breaker::{Breakers, Policy, Watch};
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
    balancer: RefCell<Balancer>,
    breakers: Option<Rc<Policy>>,
}

/// One address of an upstream. Outlives the configurations it is part of.
pub(super) struct LiveEndpoint {
    settings: config::Endpoint,
    /// The resolved address as text, for the access log.
    pub(super) label: Box<str>,
    pub(super) address: SockAddr,
    pub(super) block: Arc<EndpointBlock>,
    idle: RefCell<Pool<Socket>>,
    /// Shared by all workers.
    pub(super) breaker: Arc<Breaker>,
    /// No longer in the configuration: connections are not kept.
    retired: Cell<bool>,
}

/// One attempt in flight.
pub(super) struct Attempt(Rc<LiveEndpoint>, Option<Watch>);

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
        let shared = blocks.endpoints.into_iter().zip(blocks.breakers);
        let endpoints = settings.endpoints.iter().zip(shared).filter_map(|(settings, (block, breaker))| {
            known(settings).or_else(|| LiveEndpoint::new(settings, block, breaker).map(Rc::new))
        });
        let endpoints: Vec<Rc<LiveEndpoint>> = endpoints.collect();
        if let Some(former) = former {
            let gone = former.endpoints.iter().filter(|known| !endpoints.iter().any(|kept| Rc::ptr_eq(kept, known)));
            gone.for_each(|endpoint| endpoint.retire());
        }
        let weights: Vec<u32> = settings.endpoints.iter().map(|endpoint| endpoint.weight).collect();
        let balancer = RefCell::new(Balancer::new(settings.balance, &weights));
        let (settings, breakers) = (settings.clone(), Policy::new(settings));
        Self { settings, block: blocks.own, gate, retries, endpoints, balancer, breakers }
    }

    /// Counts a request whose retries are charged to the budget.
    pub(super) fn count_request(&self, now: u64) {
        self.retries.borrow_mut().request(now);
    }

    /// Whether the budget allows a retry now, and there is an endpoint for it; charges it if so.
    pub(super) fn may_retry(&self, worker: &Rc<Worker>) -> bool {
        let breakers = Breakers::new(self.breakers.as_ref(), worker);
        if !self.endpoints.iter().any(|endpoint| breakers.lets_through(&endpoint.breaker)) {
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
    pub(super) fn attempt(&self, worker: &Rc<Worker>, tried: &mut Tried) -> Result<Attempt, Unavailable> {
        let breakers = Breakers::new(self.breakers.as_ref(), worker);
        loop {
            let random = worker.random.next();
            let Some((position, endpoint)) = self.pick(&breakers, random, *tried) else {
                let retry_after = breakers.closed_off(self.endpoints.iter());
                let reason = if retry_after.is_some() { Reason::BreakerOpen } else { Reason::UpstreamNone };
                return Err(Unavailable { reason, retry_after });
            };
            // Another worker may have taken the last place of a probe meanwhile; then there is another choice to make.
            if let Some(watch) = breakers.enter(&endpoint.breaker) {
                tried.add(position);
                endpoint.block.in_flight.increment();
                return Ok(Attempt(Rc::clone(endpoint), watch));
            }
        }
    }

    /// The endpoint for the next attempt with its position.
    fn pick(&self, breakers: &Breakers<'_>, random: u64, tried: Tried) -> Option<(usize, &Rc<LiveEndpoint>)> {
        let in_flight = |index: usize| self.endpoints.get(index).map_or(0, |endpoint| endpoint.block.in_flight.get());
        let usable = |index: usize| self.endpoints.get(index).is_some_and(|one| breakers.lets_through(&one.breaker));
        // Who is on its way back is passed over now and then, as long as there is somebody else.
        let whole = |index: usize| self.endpoints.get(index).is_some_and(|one| breakers.prefers(&one.breaker));
        let mut balancer = self.balancer.borrow_mut();
        let mut among = |tried: Tried| {
            let untried = |index: usize| !tried.has(index);
            let picked = balancer.pick(in_flight, random, |index| untried(index) && whole(index));
            picked.or_else(|| balancer.pick(in_flight, random, |index| untried(index) && usable(index)))
        };
        // Where all were tried, any is better than none.
        let again = |tried: Tried| if tried.is_empty() { None } else { Some(Tried::default()) };
        let picked = match among(tried) {
            Some(picked) => picked,
            None => among(again(tried)?)?,
        };
        Some((picked, self.endpoints.get(picked)?))
    }
}

impl LiveEndpoint {
    fn new(settings: &config::Endpoint, block: Arc<EndpointBlock>, breaker: Arc<Breaker>) -> Option<Self> {
        let address = match &settings.address {
            Address::Tcp(address) => SockAddr::from(*address),
            // The check has made sure that the path fits.
            Address::Unix(path) => SockAddr::unix(path).ok()?,
        };
        let idle = RefCell::new(Pool::new());
        let label = settings.address.to_string().into();
        Some(Self { settings: settings.clone(), label, address, block, idle, breaker, retired: Cell::new(false) })
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
        self.0.block.results(result).increment();
        if let Some(watch) = &self.1 {
            watch.ended(&self.0.breaker, result);
        }
    }

    /// Counts the attempt as answered with this status, and tells the breaker.
    pub(super) fn answered(&self, status: u16) {
        if let Some(watch) = &self.1 {
            watch.answered(&self.0.breaker, status);
        }
        self.count(if status < 500 { AttemptResult::Success } else { AttemptResult::ServerError });
    }

    /// Notes whether the connection had been used before: that it is closed then is no failure of the endpoint.
    pub(super) fn set_pooled(&self, pooled: bool) {
        if let Some(watch) = &self.1 {
            watch.set_pooled(pooled);
        }
    }

    /// Whatever becomes of the attempt, it is not the endpoint's doing.
    pub(super) fn excuse(&self) {
        if let Some(watch) = &self.1 {
            watch.excuse(&self.0.breaker);
        }
    }

    /// The endpoint that is tried.
    pub(super) fn endpoint(&self) -> &Rc<LiveEndpoint> {
        &self.0
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.excuse();
        self.0.block.in_flight.decrement();
    }
}
