//! An upstream as this worker knows it: endpoints with their idle connections, a balancer, and what is in flight.
//!
//! Counting is by guards: an [`Admission`] is one exchange in flight at an upstream, an [`Attempt`] one try in flight at
//! an endpoint. Dropping them, however the exchange ends, takes the count back.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use socket2::SockAddr;
use supplex_engine::config::{self, Address};
use supplex_engine::stats::block::AttemptResult;
use supplex_engine::stats::{EndpointBlock, UpstreamBlock};
use supplex_engine::upstream::{Balancer, Draw, Member, Pool};

use super::health::Fitness;
use crate::link::UpstreamBlocks;
use crate::ring::Socket;

/// An upstream of one [`super::live::Live`].
pub(super) struct LiveUpstream {
    pub(super) settings: config::Upstream,
    pub(super) block: Arc<UpstreamBlock>,
    total: Arc<[Arc<UpstreamBlock>]>,
    pub(super) endpoints: Vec<Rc<LiveEndpoint>>,
    pub(super) balancer: RefCell<Balancer>,
    /// Too few endpoints are well, so all are used.
    pub(super) panicking: Cell<bool>,
}

/// One address of an upstream. Outlives the configurations it is part of.
pub(super) struct LiveEndpoint {
    settings: config::Endpoint,
    /// The resolved address as text, for the access log.
    pub(super) label: Box<str>,
    pub(super) address: SockAddr,
    pub(super) block: Arc<EndpointBlock>,
    pub(super) fitness: Fitness,
    idle: RefCell<Pool<Socket>>,
    /// No longer in the configuration: connections are not kept.
    retired: Cell<bool>,
}

/// One exchange in flight.
pub(super) struct Admission(Rc<LiveUpstream>);

/// One attempt in flight.
pub(super) struct Attempt(Rc<LiveEndpoint>);

impl LiveUpstream {
    pub(super) fn new(
        settings: &config::Upstream,
        blocks: UpstreamBlocks,
        former: Option<&LiveUpstream>,
        now: u64,
    ) -> Self {
        let known = |wanted: &config::Endpoint| {
            let same = |endpoint: &&Rc<LiveEndpoint>| endpoint.settings.address == wanted.address;
            former.and_then(|former| former.endpoints.iter().find(same)).cloned()
        };
        let added = former.map(|_| now);
        let blocks_of = blocks.endpoints.into_iter().zip(blocks.states);
        let endpoints = settings.endpoints.iter().zip(blocks_of).filter_map(|(settings, (block, state))| {
            let fitness = |settings: &config::Endpoint| Fitness::new(state, member(settings).identity, added);
            known(settings).or_else(|| LiveEndpoint::new(settings, block, fitness(settings)).map(Rc::new))
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
        let (settings, balancer, panicking) = (settings.clone(), RefCell::new(balancer), Cell::default());
        let upstream = Self { settings, block: blocks.own, total: blocks.total, endpoints, balancer, panicking };
        upstream.refresh(now);
        upstream
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

    /// The endpoint for the next attempt.
    pub(super) fn pick(&self, draw: Draw) -> Option<&Rc<LiveEndpoint>> {
        let in_flight = |index: usize| self.endpoints.get(index).map_or(0, |endpoint| endpoint.block.in_flight.get());
        let usable = |index: usize| self.is_usable(index);
        let mut balancer = self.balancer.borrow_mut();
        // Whose share is still growing is passed over now and then, as long as there is somebody else.
        let whole = |index: usize| usable(index) && self.takes_part(index, draw);
        let picked = balancer.pick(in_flight, draw, whole).or_else(|| balancer.pick(in_flight, draw, usable))?;
        self.endpoints.get(picked)
    }
}

/// An endpoint as the balancer knows it.
fn member(endpoint: &config::Endpoint) -> Member {
    Member::of(&endpoint.address.to_string(), endpoint.weight)
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.0.block.in_flight.decrement();
    }
}

impl LiveEndpoint {
    fn new(settings: &config::Endpoint, block: Arc<EndpointBlock>, fitness: Fitness) -> Option<Self> {
        let address = match &settings.address {
            Address::Tcp(address) => SockAddr::from(*address),
            // The check has made sure that the path fits.
            Address::Unix(path) => SockAddr::unix(path).ok()?,
        };
        let idle = RefCell::new(Pool::new());
        let label = settings.address.to_string().into();
        let (settings, retired) = (settings.clone(), Cell::new(false));
        Some(Self { settings, label, address, block, fitness, idle, retired })
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
