//! An upstream as this worker knows it: endpoints with their idle connections, a balancer, and what is in flight.
//!
//! Counting is by guards: an [`Admission`] is one exchange in flight at an upstream, an [`Attempt`] one try in flight at
//! an endpoint. Dropping them, however the exchange ends, takes the count back.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use socket2::SockAddr;
use supplex_engine::config::{self, Address};
use supplex_engine::reason::Reason;
use supplex_engine::stats::block::AttemptResult;
use supplex_engine::stats::{EndpointBlock, UpstreamBlock};
use supplex_engine::upstream::{Balancer, Breaker, Pool};

use super::Worker;
use super::breaker::{Gate, Policy, Watch};
use crate::link::UpstreamBlocks;
use crate::ring::Socket;

/// An upstream of one [`super::live::Live`].
pub(super) struct LiveUpstream {
    pub(super) settings: config::Upstream,
    pub(super) block: Arc<UpstreamBlock>,
    total: Arc<[Arc<UpstreamBlock>]>,
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

/// One exchange in flight.
pub(super) struct Admission(Rc<LiveUpstream>);

/// One attempt in flight.
pub(super) struct Attempt(Rc<LiveEndpoint>, Option<Watch>);

/// Why no attempt can be made.
pub(super) struct Unavailable {
    pub(super) reason: Reason,
    /// Seconds, if it is known when to come again.
    pub(super) retry_after: Option<u32>,
}

impl LiveUpstream {
    pub(super) fn new(settings: &config::Upstream, blocks: UpstreamBlocks, former: Option<&LiveUpstream>) -> Self {
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
        let breakers = Policy::new(settings);
        Self { settings: settings.clone(), block: blocks.own, total: blocks.total, endpoints, balancer, breakers }
    }

    /// Lets an exchange in, unless `max_in_flight` exchanges are under way over all workers. Several workers that decide
    /// in the same instant may exceed the bound by one each, because they share no lock.
    pub(super) fn admit(self: &Rc<Self>) -> Option<Admission> {
        let in_flight: u64 = self.total.iter().map(|block| block.in_flight.get()).sum();
        (in_flight < self.settings.max_in_flight as u64).then(|| {
            self.block.in_flight.increment();
            Admission(Rc::clone(self))
        })
    }

    /// Begins the next attempt, at the endpoint that the balancer chooses among those whose breakers let it through.
    pub(super) fn attempt(&self, worker: &Rc<Worker>) -> Result<Attempt, Unavailable> {
        let gate = Gate::new(self.breakers.as_ref(), worker);
        loop {
            let random = worker.random.next();
            let picked = self.pick(random, |endpoint| gate.prefers(&endpoint.breaker));
            let picked = picked.or_else(|| self.pick(random, |endpoint| gate.lets_through(&endpoint.breaker)));
            let Some(endpoint) = picked else {
                let retry_after = gate.closed_off(self.endpoints.iter());
                let reason = if retry_after.is_some() { Reason::BreakerOpen } else { Reason::UpstreamNone };
                return Err(Unavailable { reason, retry_after });
            };
            // Another worker may have taken the last place of a probe meanwhile; then there is another choice to make.
            if let Some(watch) = gate.enter(&endpoint.breaker) {
                endpoint.block.in_flight.increment();
                return Ok(Attempt(Rc::clone(endpoint), watch));
            }
        }
    }

    /// The endpoint for the next attempt.
    fn pick(&self, random: u64, usable: impl Fn(&LiveEndpoint) -> bool) -> Option<&Rc<LiveEndpoint>> {
        let in_flight = |index: usize| self.endpoints.get(index).map_or(0, |endpoint| endpoint.block.in_flight.get());
        let usable = |index: usize| self.endpoints.get(index).is_some_and(|endpoint| usable(endpoint));
        let picked = self.balancer.borrow_mut().pick(in_flight, random, usable)?;
        self.endpoints.get(picked)
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.0.block.in_flight.decrement();
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
