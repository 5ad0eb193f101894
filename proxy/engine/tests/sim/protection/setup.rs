//! The configuration of a made-up world, drawn from its seed: the engine's own types, as `config/check` would build them.
//!
//! Route 0 leads to the upstream that is in for trouble, with limits that bite. Route 1 leads to the bystander: sound
//! endpoints and a limit that nobody reaches; whatever happens elsewhere, its requests must not notice.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use supplex_engine::config::{self, Address, Balance, Breaker, BreakerMode, Ejection, Health, KeySource, Limit};
use supplex_engine::config::{LimitId, LimitMode, OnStoreError, Precision, Probe, Queue, Rate, Ratio, Retries};
use supplex_engine::config::{RetryBudget, RetryOn, Store};
use supplex_engine::limit::{Charge, Family, Key, Shape, Wanted};

use super::clock::MILLI;
use super::mutation::Mutation;
use crate::random::Random;

/// The first endpoint of the bystander.
pub(crate) const BYSTANDER: usize = 200;

/// What never changes in a world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) processes: usize,
    pub(crate) workers: usize,
    /// Processes that share one store of limits.
    pub(crate) sharing: usize,
    /// Endpoints that the first upstream may ever have.
    pub(crate) sites: usize,
    /// Keys a worker knows at most. Few of them means that somebody sends very many.
    pub(crate) keys: usize,
    pub(crate) mutation: Mutation,
}

impl Size {
    pub(crate) fn draw(random: &mut Random, mutation: Mutation) -> Self {
        let (processes, workers) = (random.between(1, 3) as usize, random.between(1, 4) as usize);
        let keys = if random.chance(15) { 16 } else { 4096 };
        Self { processes, workers, sharing: processes, sites: random.between(3, 7) as usize, keys, mutation }
    }

    /// Whether clients make up keys.
    pub(crate) fn is_flooded(self) -> bool {
        self.keys < 4096
    }
}

/// A route.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// Limits and what a request costs.
    pub(crate) limits: Vec<(LimitId, u32)>,
    pub(crate) timeout: u64,
    pub(crate) retries: Retries,
}

/// One version of the configuration.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) version: usize,
    pub(crate) limits: Vec<Limit>,
    pub(crate) routes: [Route; 2],
    pub(crate) upstreams: [config::Upstream; 2],
}

impl Setup {
    pub(crate) fn draw(random: &mut Random, size: Size) -> Self {
        let store = if random.chance(75) { Store::Redis } else { Store::Local };
        let per_client = limit("per-client", store, random);
        let all = Limit { key: KeySource::Global, ..limit("all", store, random) };
        let wide = Rate { tokens: 100_000, period: Duration::from_secs(1) };
        let ample = limit("ample", store, random);
        let ample = Limit { rate: wide, burst: 100_000, on_store_error: OnStoreError::Open, ..ample };
        let mut narrow = vec![(LimitId(0), 1)];
        if random.chance(60) {
            narrow.push((LimitId(1), random.between(1, 3) as u32));
        }
        let retries = retries(random);
        let route = |limits, timeout| Route { limits, timeout, retries };
        let first = route(narrow, random.between(300, 1200) * MILLI);
        let count = random.between(2, size.sites as u64 + 1) as usize;
        Self {
            version: 0,
            limits: vec![per_client, all, ample],
            routes: [first, route(vec![(LimitId(2), 1)], 3000 * MILLI)],
            upstreams: [troubled(random, count), bystander(random)],
        }
    }

    /// Another version: other limits, or endpoints that join and leave, or both.
    pub(crate) fn reloaded(&self, random: &mut Random, size: Size) -> Self {
        let mut next = Self { version: self.version + 1, ..self.clone() };
        if random.chance(60) {
            let which = random.between(0, 2) as usize;
            let limit = &mut next.limits[which];
            (limit.rate, limit.burst) = rate(random);
        }
        if random.chance(60) {
            let endpoints = &mut next.upstreams[0].endpoints;
            let absent = (0..size.sites).find(|site| endpoints.iter().all(|one| site_of(one) != *site));
            match absent {
                Some(site) if endpoints.len() < 2 || random.chance(50) => endpoints.push(endpoint(site, 1)),
                _ if endpoints.len() > 1 => drop(endpoints.remove(random.between(0, endpoints.len() as u64) as usize)),
                _ => {}
            }
        }
        if random.chance(30) {
            next.upstreams[0].max_in_flight = random.between(4, 40) as usize;
        }
        next
    }

    /// What a request of this client on this route is charged to.
    pub(crate) fn wanted(&self, route: usize, client: u32) -> Vec<Wanted> {
        let wanted = |(id, cost): &(LimitId, u32)| {
            let limit = &self.limits[id.index()];
            let of = if limit.key == KeySource::Global { String::new() } else { client.to_string() };
            let key = Key::new(of.as_bytes()).expect("short");
            Wanted {
                charge: Charge { limit: *id, key, cost: *cost, extra: 0 },
                family: Family::of(&limit.name),
                shape: Shape::of(limit),
                leases: limit.precision == Precision::Lease,
            }
        };
        self.routes[route].limits.iter().map(wanted).collect()
    }

    /// Who keeps the buckets of all limits.
    pub(crate) fn store(&self) -> Store {
        self.limits[0].store
    }
}

/// The endpoint's place in the network.
pub(crate) fn site_of(endpoint: &config::Endpoint) -> usize {
    match &endpoint.address {
        Address::Tcp(SocketAddr::V4(address)) => usize::from(address.ip().octets()[3]),
        other => panic!("{other} is not of this world"),
    }
}

fn endpoint(site: usize, weight: u32) -> config::Endpoint {
    let address = Address::Tcp((Ipv4Addr::new(10, 0, 0, site as u8), 80).into());
    config::Endpoint { written: address.to_string().into(), address, weight }
}

fn limit(name: &str, store: Store, random: &mut Random) -> Limit {
    let (rate, burst) = rate(random);
    let ways = [OnStoreError::Local, OnStoreError::Open, OnStoreError::Closed];
    Limit {
        name: name.into(),
        rate,
        burst,
        key: KeySource::ClientIp,
        store,
        mode: LimitMode::Enforce,
        precision: if random.chance(65) { Precision::Lease } else { Precision::Exact },
        on_store_error: ways[random.between(0, 3) as usize],
        exempt: Vec::new(),
    }
}

/// An empty bucket is full again after three seconds at most, so that recovery can be waited for.
fn rate(random: &mut Random) -> (Rate, u32) {
    let tokens = if random.chance(80) { random.between(20, 150) } else { random.between(2, 20) };
    let burst = random.between(3, tokens * 3) as u32;
    let tokens = tokens as u32;
    (Rate { tokens, period: Duration::from_secs(1) }, burst)
}

fn retries(random: &mut Random) -> Retries {
    let on = if random.chance(50) { RetryOn::DEFAULT } else { RetryOn::DEFAULT.and(RetryOn::TIMEOUT) };
    let backoff = Duration::from_millis(random.between(1, 20));
    Retries { max: random.between(0, 4) as u32, on, backoff, post_with_idempotency_key: true }
}

fn breaker(random: &mut Random) -> Breaker {
    let mode = if random.chance(85) { BreakerMode::Enforce } else { BreakerMode::Shadow };
    Breaker {
        window: Duration::from_millis(random.between(500, 2000)),
        min_requests: random.between(4, 12) as u32,
        error_ratio: Ratio::new(0.5).expect("a share"),
        slow_after: Duration::from_millis(80),
        slow_ratio: Ratio::new(0.8).expect("a share"),
        open_for: Duration::from_millis(random.between(100, 350)),
        probes: random.between(1, 4) as u8,
        connect_failures: random.between(2, 6) as u32,
        return_over: random.chance(30).then_some(Duration::from_millis(500)),
        mode,
    }
}

fn troubled(random: &mut Random, count: usize) -> config::Upstream {
    let health = Health {
        probe: Probe::Tcp,
        interval: Duration::from_millis(100),
        timeout: Duration::from_millis(50),
        unhealthy_after: 2,
        healthy_after: 2,
    };
    let ejection = Ejection {
        consecutive_failures: random.between(3, 6) as u32,
        eject_for: Duration::from_millis(80),
        max_ejected: Ratio::new(0.5).expect("a share"),
    };
    config::Upstream {
        endpoints: (0..count).map(|site| endpoint(site, random.between(1, 4) as u32)).collect(),
        connect_timeout: Duration::from_millis(random.between(40, 100)),
        attempt_timeout: Duration::from_millis(random.between(120, 300)),
        idle_per_worker: random.between(0, 6) as usize,
        max_in_flight: random.between(4, 40) as usize,
        breaker: random.chance(85).then(|| breaker(random)),
        queue: Queue { max: random.between(0, 9) as usize, timeout: Duration::from_millis(random.between(20, 100)) },
        health: random.chance(50).then_some(health),
        ejection: random.chance(50).then_some(ejection),
        panic_threshold: random.chance(60).then(|| Ratio::new(0.5).expect("a share")),
        slow_start: random.chance(30).then_some(Duration::from_millis(400)),
        ..base("troubled", random)
    }
}

fn bystander(random: &mut Random) -> config::Upstream {
    let breaker = Breaker { slow_after: Duration::from_secs(1), mode: BreakerMode::Enforce, ..breaker(random) };
    config::Upstream {
        endpoints: vec![endpoint(BYSTANDER, 1), endpoint(BYSTANDER + 1, 2)],
        breaker: Some(breaker),
        ..base("bystander", random)
    }
}

fn base(name: &str, random: &mut Random) -> config::Upstream {
    let ways =
        [Balance::RoundRobin, Balance::Random, Balance::LeastRequest, Balance::PeakEwma, Balance::ConsistentHash];
    config::Upstream {
        name: name.into(),
        endpoints: Vec::new(),
        balance: ways[random.between(0, ways.len() as u64) as usize],
        hash_key: config::HashKey::ClientIp,
        connect_timeout: Duration::from_millis(250),
        attempt_timeout: Duration::from_secs(2),
        idle_per_worker: 8,
        idle_timeout: Duration::from_secs(30),
        max_in_flight: 1024,
        adaptive: None,
        breaker: None,
        queue: Queue::default(),
        retry_budget: RetryBudget {
            per_thousand: random.between(0, 500) as u32,
            min_per_second: random.between(0, 6) as u32,
        },
        health: None,
        ejection: None,
        panic_threshold: None,
        slow_start: None,
    }
}
