//! One made-up world: builds it from a seed and lets everything in it happen.

use supplex_engine::config::{self, Balance};
use supplex_engine::exchange::Exchange;
use supplex_engine::timer::Wheel;
use supplex_engine::upstream::{Balancer, Member, Pool, RetryBudget};

use crate::clients::Clients;
use crate::invariants;
use crate::ledger::{Asked, End, ExchangeId, Ledger, Totals};
use crate::network::{Endpoint, Network};
use crate::random::Random;
use crate::schedule::{Event, MILLISECOND, Schedule, TICK};
use crate::worker::Worker;

const BALANCES: [Balance; 5] =
    [Balance::RoundRobin, Balance::Random, Balance::LeastRequest, Balance::PeakEwma, Balance::ConsistentHash];

/// Everything around the worker.
pub(crate) struct Outside {
    pub(crate) schedule: Schedule,
    pub(crate) random: Random,
    pub(crate) network: Network,
    pub(crate) clients: Clients,
    pub(crate) ledger: Ledger,
}

impl Outside {
    /// An exchange is over for its client.
    pub(crate) fn exchange_over(&mut self, id: ExchangeId, end: End, exchange: &Exchange) {
        self.ledger.close(id, end, self.schedule.now(), exchange);
        let client = self.ledger.entries[id].client;
        self.clients.exchange_over(client, end, &mut self.schedule, &mut self.random);
    }
}

/// A worker and everything around it.
pub(crate) struct World {
    outside: Outside,
    worker: Worker,
    trace: bool,
}

impl World {
    /// The world of a seed. `trace` prints every event.
    pub(crate) fn new(seed: u64, trace: bool) -> Self {
        let (mut random, mut schedule) = (Random::new(seed), Schedule::default());
        let count = random.between(1, 5) as usize;
        // Some worlds are sound but for the endpoints that close idle connections, some are a ruin.
        let trouble = [0, 5, 30][random.between(0, 3) as usize];
        let mut endpoint =
            || Endpoint { refuses: trouble / 3, swallows: trouble / 5, fails: random.between(0, 1 + trouble) };
        let endpoints = (0..count).map(|_| endpoint()).collect();
        let weights: Vec<_> = (0..count).map(|_| random.between(1, 4) as u32).collect();
        let balance = BALANCES[random.between(0, BALANCES.len() as u64) as usize];
        let members: Vec<_> =
            weights.iter().enumerate().map(|(at, weight)| Member::of(&at.to_string(), *weight)).collect();
        let budget = config::RetryBudget {
            per_thousand: random.between(0, 500) as u32,
            min_per_second: random.between(0, 2) as u32,
        };
        let worker = Worker {
            budget: RetryBudget::new(budget, 1),
            budget_rule: budget,
            balancer: Balancer::new(balance, &members),
            pools: (0..count).map(|_| Pool::new()).collect(),
            in_flight: vec![0; count],
            wheel: Wheel::new(0),
            exchanges: Default::default(),
            uses: Default::default(),
            most_idle: random.between(0, 4) as usize,
            idle_timeout: random.between(20, 400) * MILLISECOND,
            attempt_timeout: random.between(50, 400) * MILLISECOND,
        };
        let clients = Clients::new(&mut schedule, &mut random);
        if random.chance(50) {
            let most_idle = random.between(0, 4) as usize;
            schedule.after(random.between(0, 1000) * MILLISECOND, Event::Reload { most_idle });
        }
        schedule.after(TICK, Event::Tick);
        let network = Network { endpoints, ..Network::default() };
        let outside = Outside { schedule, random, network, clients, ledger: Ledger::default() };
        Self { outside, worker, trace }
    }

    /// Lets everything happen until nothing more does.
    pub(crate) fn run(mut self) -> Totals {
        while let Some(event) = self.outside.schedule.next() {
            if self.trace {
                println!("{:>12} {event:?}", self.outside.schedule.now());
            }
            self.happen(event);
            invariants::check_step(&mut self.worker, &self.outside);
        }
        invariants::check_end(&self.worker, &self.outside);
        self.outside.ledger.totals
    }

    fn happen(&mut self, event: Event) {
        let Self { outside, worker, .. } = self;
        let Outside { schedule, random, network, clients, ledger } = outside;
        match event {
            Event::Request { client } => {
                let (method, has_body) = clients.request(client, random);
                let (keyed, max) = (random.chance(30), random.between(0, 4) as u32);
                let asked = Asked { method, has_body, keyed, max };
                let deadline = schedule.now() + random.between(10, 1000) * MILLISECOND + random.between(0, MILLISECOND);
                let id = ledger.open(client, asked, deadline);
                clients.go_on(id, has_body, schedule, random);
                worker.begin(id, asked, deadline, outside);
            }
            Event::Body { exchange, last } => worker.body(exchange, last, outside),
            Event::BadBody { exchange } => worker.bad_body(exchange, outside),
            Event::ClientLeaves { exchange } => {
                if ledger.entries[exchange].end.is_none() {
                    ledger.entries[exchange].left = true;
                    worker.client_gone(exchange, outside);
                }
            }
            Event::RequestArrives { connection, exchange } => {
                network.request_arrives(connection, exchange, schedule, random, ledger);
            }
            Event::EndpointTires { connection, requests } => {
                network.endpoint_tires(connection, requests, schedule, random);
            }
            Event::Delivery { connection, exchange, message } => {
                if network.delivered(connection, exchange, message) {
                    worker.deliver(connection, exchange, message, outside);
                }
            }
            Event::Reload { most_idle } => worker.reload(most_idle, outside),
            Event::Tick => {
                worker.tick(outside);
                // The clock stands still only when there is nothing left to wait for.
                if !outside.schedule.is_empty() || !worker.uses.is_empty() || !worker.exchanges.is_empty() {
                    outside.schedule.after(TICK, Event::Tick);
                }
            }
        }
    }
}
