//! One made-up world: builds it from a seed and lets everything in it happen.

use std::rc::Rc;

use supplex_engine::config::Store;
use supplex_engine::upstream::breaker::{Force, Move, Phase};

use super::clients::Clients;
use super::clock::{Event, MILLI, SECOND, Schedule, Step, TICK};
use super::faults::{self, Fault, Kind};
use super::ledger::{Entry, Ledger};
use super::local::Local;
use super::log::{Log, Note};
use super::mutation::Mutation;
use super::network::{Condition, Network, Travel};
use super::outside::Outside;
use super::redis::Redis;
use super::report::Totals;
use super::setup::{Setup, Size};
use super::sidecar::Process;
use crate::random::Random;

/// When the last fault is over.
const HEALED: u64 = 6 * SECOND;
/// How long limits may take to be exact again after that.
const LIMITS_SETTLE: u64 = SECOND;
/// How long everything may take: breakers that were opened again and again stay open for up to ten times `open_for`.
const SETTLE: u64 = 6 * SECOND;
/// When no more requests come, and when the last one must be over.
const LAST_REQUEST: u64 = HEALED + SETTLE + SECOND;
const END: u64 = LAST_REQUEST + 4 * SECOND;

/// Processes and everything around them.
pub(crate) struct World {
    pub(crate) outside: Outside,
    processes: Vec<Process>,
    clients: Clients,
    faults: Vec<Fault>,
}

impl World {
    /// The world of a seed. `trace`: print everything that happens.
    pub(crate) fn new(seed: u64, mutation: Mutation, trace: bool) -> Self {
        let mut random = Random::new(seed);
        let mut size = Size::draw(&mut random, mutation);
        let setup = Rc::new(Setup::draw(&mut random, size));
        size.sharing = if setup.store() == Store::Redis { size.processes } else { 1 };
        let mut schedule = Schedule::default();
        let clients = Clients::new(size, LAST_REQUEST, &mut schedule, &mut random);
        let faults = faults::draw(&mut random, size, HEALED);
        for (number, fault) in faults.iter().enumerate() {
            schedule.at(fault.begins, Event::Fault { number, ends: false });
            schedule.at(fault.ends, Event::Fault { number, ends: true });
        }
        let ledger = Ledger::new(HEALED, HEALED + LIMITS_SETTLE, HEALED + SETTLE);
        let locals = (0..size.processes).map(|_| Local::new(random.next())).collect();
        let mut outside = Outside {
            size,
            schedule,
            network: Network::default(),
            redis: Redis::new(mutation),
            locals,
            ledger,
            log: Log::new(trace),
            questions: Vec::new(),
            setups: vec![Rc::clone(&setup)],
            random,
        };
        if size.is_flooded() {
            outside.ledger.totals.count("a flood of keys");
        }
        let processes: Vec<_> = (0..size.processes).map(|number| Process::new(number, &setup, &mut outside)).collect();
        for worker in processes.iter().flat_map(|process: &Process| &process.workers) {
            outside.schedule.at(TICK, Event::Tick { place: worker.place });
        }
        Self { outside, processes, clients, faults }
    }

    /// Lets everything happen.
    pub(crate) fn run(&mut self) {
        while let Some(event) = self.outside.schedule.next(END) {
            if !self.put_off(event) {
                let now = self.outside.now();
                self.outside.log.note(now, Note::Happens(event));
                self.happen(event);
            }
        }
        self.check_end();
    }

    /// Whoever stands still finds later what has come meanwhile, in its order.
    fn put_off(&mut self, event: Event) -> bool {
        let until = match event {
            Event::Tick { place } | Event::Mail { place, .. } | Event::Wire { place, .. } => {
                self.processes[place.process].workers[place.worker].paused_until
            }
            Event::Sidecar { process, .. } => self.processes[process].frozen_until,
            _ => 0,
        };
        let stands_still = until > self.outside.now();
        if stands_still {
            self.outside.schedule.at(until, event);
        }
        stands_still
    }

    fn happen(&mut self, event: Event) {
        let Self { outside, processes, .. } = self;
        match event {
            Event::Arrival { client } => self.arrive(client),
            Event::ClientLeaves { exchange } => {
                let entry = &mut outside.ledger.entries[exchange];
                let place = entry.place;
                let worker = &mut processes[place.process].workers[place.worker];
                if entry.end.is_none() && worker.paused_until <= outside.schedule.now() {
                    entry.left = true;
                    worker.client_leaves(exchange, outside);
                    worker.check(outside);
                }
            }
            Event::Tick { place } => {
                let worker = &mut processes[place.process].workers[place.worker];
                worker.tick(outside);
                worker.check(outside);
                let next = (outside.now() / TICK + 1) * TICK;
                outside.schedule.at(next, event);
            }
            Event::Mail { place, letter } => {
                let worker = &mut processes[place.process].workers[place.worker];
                worker.mail(letter, outside);
                worker.check(outside);
            }
            Event::Wire { place, attempt, message } => {
                let worker = &mut processes[place.process].workers[place.worker];
                let Travel { exchange, .. } = outside.network.travels[attempt];
                worker.wire(attempt, exchange, message, outside);
                worker.check(outside);
            }
            Event::Site { attempt, knock } => {
                let Outside { network, schedule, random, .. } = outside;
                network.knock(attempt, knock, schedule, random);
            }
            Event::Sidecar { process, step } => processes[process].step(step, outside),
            Event::Redis { process, flight } => processes[process].line.at_server(flight, outside),
            Event::Fault { number, ends } => self.fault(number, ends),
        }
    }

    fn arrive(&mut self, client: usize) {
        let Self { outside, processes, clients, .. } = self;
        let Outside { schedule, random, ledger, setups, .. } = outside;
        let (place, request) = clients.request(client, schedule, random);
        let worker = &mut processes[place.process].workers[place.worker];
        if worker.paused_until > schedule.now() {
            // It waits in the listener's queue, where nobody counts its time.
            return;
        }
        let route = &setups[worker.live.setup.version].routes[request.route];
        let entry = Entry {
            place,
            route: request.route,
            method: request.method,
            deadline: schedule.now() + route.timeout,
            most: route.retries.max,
            reached: Vec::new(),
            left: false,
            end: None,
        };
        let exchange = ledger.open(entry);
        if random.chance(2) {
            schedule.after(random.between(0, 200) * MILLI, Event::ClientLeaves { exchange });
        }
        worker.begin(exchange, request, outside);
        worker.check(outside);
    }

    fn fault(&mut self, number: usize, ends: bool) {
        let Fault { kind, ends: until, .. } = self.faults[number];
        let Self { outside, processes, .. } = self;
        let now = outside.now();
        match (kind, ends) {
            (Kind::Site(site, condition), ends) => {
                let condition = if ends { Condition::default() } else { condition };
                let Outside { network, schedule, random, .. } = outside;
                network.set(site, condition, schedule, random);
            }
            (Kind::Sites(condition), ends) => {
                let condition = if ends { Condition::default() } else { condition };
                let Outside { network, schedule, random, size, ledger, .. } = outside;
                (0..size.sites).for_each(|site| network.set(site, condition, schedule, random));
                ledger.totals.add("an upstream ill as a whole", (!ends).into());
            }
            (Kind::WorkerPauses(place), ends) => {
                let worker = &mut processes[place.process].workers[place.worker];
                if ends {
                    worker.resumed = now;
                } else {
                    worker.paused_until = worker.paused_until.max(until);
                    outside.ledger.totals.count("a paused worker");
                }
            }
            (Kind::SidecarFreezes(process), false) => {
                let frozen_until = &mut processes[process].frozen_until;
                *frozen_until = until.max(*frozen_until);
                outside.ledger.totals.count("a frozen sidecar");
            }
            (Kind::SidecarFreezes(_), true) => {}
            (Kind::Forces(site, force), ends) => {
                let force = if ends { Force::Auto } else { force };
                processes.iter().for_each(|process| process.registry.force(site, force, now));
                outside.ledger.totals.add("a forced breaker", (!ends).into());
            }
            (Kind::Reload, false) => self.reload(until),
            (Kind::Reload, true) => {}
            (kind, ends) => self.fault_of_redis(kind, ends),
        }
    }

    /// A new version reaches the processes at some time before `until`.
    fn reload(&mut self, until: u64) {
        let Outside { schedule, random, setups, size, .. } = &mut self.outside;
        let next = setups[setups.len() - 1].reloaded(random, *size);
        let version = next.version;
        setups.push(Rc::new(next));
        for process in 0..self.processes.len() {
            let delay = random.between(0, until - schedule.now());
            schedule.after(delay, Event::Sidecar { process, step: Step::Publish { version } });
        }
    }

    fn fault_of_redis(&mut self, kind: Kind, ends: bool) {
        let Self { outside, processes, .. } = self;
        let now = outside.now();
        let redis = &mut outside.redis;
        let (mut forgiven, mut breaks) = (Vec::new(), false);
        match (kind, ends) {
            (Kind::RedisSlow(by), false) => redis.slower = by,
            (Kind::RedisSlow(_), true) => redis.slower = 0,
            (Kind::RedisStands, false) => {
                redis.stands_still = redis.is_up;
                outside.ledger.totals.count("a Redis that stands still");
            }
            (Kind::RedisStands, true) => {
                redis.stands_still = false;
                for (process, flight) in std::mem::take(&mut redis.parked) {
                    outside.schedule.after(0, Event::Redis { process, flight });
                }
            }
            (Kind::RedisRestarts, false) => {
                (forgiven, breaks) = (redis.stop(now), true);
                outside.ledger.totals.count("an empty restart of Redis");
            }
            (Kind::RedisRestarts, true) => redis.is_up = true,
            (Kind::RedisFailsOver { lag, ahead, gently }, false) => {
                (forgiven, breaks) = (redis.fail_over(lag, ahead, now), !gently);
                processes.iter_mut().for_each(|process| process.line.demote());
                outside.ledger.totals.count("a failover of Redis");
            }
            (Kind::RedisFailsOver { gently, .. }, true) => breaks = gently,
            (Kind::RedisForgetsScripts, false) => redis.flush_scripts(),
            (Kind::RedisClock(ahead), false) => forgiven = redis.set_clock(ahead, now),
            (Kind::LinkBreaks(process), false) => {
                processes[process].line.break_off(outside);
                outside.ledger.totals.count("a broken connection to Redis");
            }
            _ => {}
        }
        outside.ledger.totals.add("tokens forgotten by the store", forgiven.len() as u64);
        outside.ledger.meters.forgive(0, &forgiven, now);
        if breaks {
            processes.iter_mut().for_each(|process| process.line.break_off(outside));
        }
    }

    fn check_end(&mut self) {
        let Self { outside, processes, .. } = self;
        outside.ledger.check_end();
        processes.iter().for_each(|process| process.check_nobody_starves());
        for process in processes.iter() {
            process.workers.iter().for_each(|worker| worker.check_end());
            if outside.setups[0].store() == Store::Redis {
                assert!(process.line.is_up(), "Redis is well, and process has no line to it");
            }
            for ((upstream, site), book) in &*process.registry.books.borrow() {
                let (breaker, state) = (&book.breaker, book.breaker.state());
                let probes = outside.setups[0].upstreams[*upstream].breaker.map_or(0, |it| u64::from(it.probes));
                // Nobody probes but requests, which go where the balancer sends them. A round of probes lasts for two
                // seconds at least before it begins anew, and each of them succeeds.
                let enough = book.tries.get() >= 6 * probes;
                let closed = matches!(state.phase, Phase::Closed { .. });
                assert!(closed || !enough, "all is well, and the breaker of {site} is not closed: {state:?}");
                outside.ledger.totals.add("a breaker that too few came to", (!closed).into());
                assert!(*upstream == 0 || breaker.opened() == 0, "the bystander's breaker opened");
                outside.ledger.totals.add("an opened breaker", breaker.opened());
                outside.ledger.totals.add("a recovered breaker", breaker.moves(Move::Recovered));
            }
        }
    }

    /// What happened how often.
    pub(crate) fn totals(&self) -> &Totals {
        &self.outside.ledger.totals
    }
}
