//! An upstream as this worker knows it: endpoints with their idle connections, a balancer, and what is in flight.
//!
//! Counting is by guards: an `Admission` (`admission.rs`) is one exchange in flight at an upstream, an [`Attempt`] one try
//! in flight at an endpoint. Dropping them, however the exchange ends, takes the count back.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use socket2::SockAddr;
use supplex_engine::config::{self, Address};
use supplex_engine::stats::block::AttemptResult;
use supplex_engine::stats::{EndpointBlock, UpstreamBlock};
use supplex_engine::upstream::{Balancer, Pool, RetryBudget, Tried};

use super::admission::Gate;
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
}

/// One address of an upstream. Outlives the configurations it is part of.
pub(super) struct LiveEndpoint {
    settings: config::Endpoint,
    /// The resolved address as text, for the access log.
    pub(super) label: Box<str>,
    pub(super) address: SockAddr,
    pub(super) block: Arc<EndpointBlock>,
    idle: RefCell<Pool<Socket>>,
    /// No longer in the configuration: connections are not kept.
    retired: Cell<bool>,
}

/// One attempt in flight.
pub(super) struct Attempt(Rc<LiveEndpoint>);

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
        let endpoints = settings.endpoints.iter().zip(blocks.endpoints).filter_map(|(settings, block)| {
            known(settings).or_else(|| LiveEndpoint::new(settings, block).map(Rc::new))
        });
        let endpoints: Vec<Rc<LiveEndpoint>> = endpoints.collect();
        if let Some(former) = former {
            let gone = former.endpoints.iter().filter(|known| !endpoints.iter().any(|kept| Rc::ptr_eq(kept, known)));
            gone.for_each(|endpoint| endpoint.retire());
        }
        let weights: Vec<u32> = settings.endpoints.iter().map(|endpoint| endpoint.weight).collect();
        let balancer = RefCell::new(Balancer::new(settings.balance, &weights));
        Self { settings: settings.clone(), block: blocks.own, gate, retries, endpoints, balancer }
    }

    /// Counts a request whose retries are charged to the budget.
    pub(super) fn count_request(&self, now: u64) {
        self.retries.borrow_mut().request(now);
    }

    /// Whether the budget allows a retry now; charges it if so.
    pub(super) fn may_retry(&self, now: u64) -> bool {
        let allowed = self.retries.borrow_mut().spend(now);
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

    /// The endpoint for the next attempt with its position: one that was not tried, if there is one.
    pub(super) fn pick(&self, random: u64, tried: Tried) -> Option<(usize, &Rc<LiveEndpoint>)> {
        let in_flight = |index: usize| self.endpoints.get(index).map_or(0, |endpoint| endpoint.block.in_flight.get());
        let mut balancer = self.balancer.borrow_mut();
        let untried = balancer.pick(in_flight, random, |index| !tried.has(index));
        // Where all were tried, any is better than none.
        let again = || if tried.is_empty() { None } else { balancer.pick(in_flight, random, |_| true) };
        let picked = untried.or_else(again)?;
        Some((picked, self.endpoints.get(picked)?))
    }
}

impl LiveEndpoint {
    fn new(settings: &config::Endpoint, block: Arc<EndpointBlock>) -> Option<Self> {
        let address = match &settings.address {
            Address::Tcp(address) => SockAddr::from(*address),
            // The check has made sure that the path fits.
            Address::Unix(path) => SockAddr::unix(path).ok()?,
        };
        let idle = RefCell::new(Pool::new());
        let label = settings.address.to_string().into();
        Some(Self { settings: settings.clone(), label, address, block, idle, retired: Cell::new(false) })
    }

    /// Begins an attempt.
    pub(super) fn begin(self: &Rc<Self>) -> Attempt {
        self.block.in_flight.increment();
        Attempt(Rc::clone(self))
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
    /// Counts how the attempt ended.
    pub(super) fn count(&self, result: AttemptResult) {
        self.0.block.results(result).increment();
    }

    /// The endpoint that is tried.
    pub(super) fn endpoint(&self) -> &Rc<LiveEndpoint> {
        &self.0
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.0.block.in_flight.decrement();
    }
}
