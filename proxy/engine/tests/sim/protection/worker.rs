//! A worker: its exchanges, its timers and its mailbox. `desk.rs` has its limits, `trying.rs` its attempts.

use std::collections::BTreeMap;
use std::rc::Rc;

use supplex_engine::exchange::{Exchange, RetryRule};
use supplex_engine::http1::Method;
use supplex_engine::reason::Reason;
use supplex_engine::timer::Wheel;
use supplex_engine::upstream::Tried;
use supplex_engine::upstream::queue::{Entry, Left};

use super::clock::{Letter, Place, TICK};
use super::desk::Desk;
use super::ledger::End;
use super::live::Live;
use super::log::Note;
use super::mutation::Mutation;
use super::network::Message;
use super::outside::{Outside, StoreError};
use super::registry::Registry;
use super::running::{Goes, Running, Stage};
use super::setup::Setup;

/// A request that a client sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) route: usize,
    pub(crate) client: u32,
    pub(crate) method: Method,
}

/// See above.
pub(crate) struct Worker {
    pub(crate) place: Place,
    pub(crate) registry: Rc<Registry>,
    pub(crate) live: Rc<Live>,
    pub(crate) desk: Desk,
    wheel: Wheel<usize>,
    running: BTreeMap<usize, Running>,
    /// Exchanges whose turn it is.
    pub(crate) served: Vec<usize>,
    pub(crate) paused_until: u64,
    /// When it last came back from a pause.
    pub(crate) resumed: u64,
}

impl Worker {
    pub(crate) fn new(place: Place, registry: &Rc<Registry>, setup: &Rc<Setup>, outside: &mut Outside) -> Self {
        Self {
            place,
            registry: Rc::clone(registry),
            live: Rc::new(Live::new(Rc::clone(setup), registry, place.worker, None, 0)),
            desk: Desk::new(outside.size, outside.random.next()),
            wheel: Wheel::new(0),
            running: BTreeMap::new(),
            served: Vec::new(),
            paused_until: 0,
            resumed: 0,
        }
    }

    /// A request came.
    pub(crate) fn begin(&mut self, id: usize, request: Request, outside: &mut Outside) {
        let Request { route, client, method } = request;
        let live = Rc::clone(&self.live);
        let settings = &live.setup.routes[route];
        let deadline = outside.now() + settings.timeout;
        let rule = RetryRule::new(Some(&settings.retries), false);
        let mut running = Running {
            id,
            route,
            client,
            upstream: Rc::clone(&live.upstreams[route]),
            deadline,
            exchange: Exchange::new(method, false, deadline).with_retries(rule),
            begun: false,
            stage: Stage::Moving,
            timer: None,
            until: 0,
            inside: false,
            tried: Tried::default(),
            failure: None,
            paused: 0,
            waited: 0,
            live,
        };
        let goes = self.limit(&mut running, outside);
        self.settle(running, goes, outside);
        self.look_after_served(outside);
    }

    /// Lets the exchange into its upstream, or lets it wait.
    pub(crate) fn enter(&mut self, running: &mut Running, outside: &mut Outside) -> Goes {
        let now = outside.now();
        running.begun = true;
        if running.exchange.rule().max() > 0 {
            running.upstream.retries.borrow_mut().request(now);
            outside.ledger.budget_request(self.place, running.route, now);
        }
        match running.upstream.gate.enter(running.id, &mut self.served) {
            Entry::Admitted => {
                running.inside = true;
                self.go_on(running, outside)
            }
            Entry::Full => {
                let verdict = running.exchange.refused(Reason::UpstreamBusy);
                running.obey(verdict)
            }
            Entry::Waits(ticket) => {
                outside.ledger.totals.count("an exchange that waited for its turn");
                let patience = running.upstream.settings.queue.timeout.as_nanos() as u64;
                running.stage = Stage::Waiting { ticket, since: now };
                self.wait_until(running, (now + patience).min(running.deadline));
                Goes::On
            }
        }
    }

    /// Sets the one timer of an exchange.
    pub(crate) fn wait_until(&mut self, running: &mut Running, until: u64) {
        running.until = until;
        let tick = until.div_ceil(TICK);
        match running.timer {
            Some(timer) => assert!(self.wheel.reschedule(timer, tick), "a timer was lost"),
            None => running.timer = Some(self.wheel.insert(tick, running.id)),
        }
    }

    /// Something reached this worker from an endpoint.
    pub(crate) fn wire(&mut self, number: usize, exchange: usize, message: Message, outside: &mut Outside) {
        let ours = |running: &Running| matches!(&running.stage, Stage::Trying(attempt) if attempt.number == number);
        if !self.running.get(&exchange).is_some_and(ours) {
            return;
        }
        let Some(mut running) = self.running.remove(&exchange) else { return };
        let goes = self.heard(&mut running, message, outside);
        self.settle(running, goes, outside);
        self.look_after_served(outside);
    }

    /// Something lies in the mailbox.
    pub(crate) fn mail(&mut self, letter: Letter, outside: &mut Outside) {
        match letter {
            Letter::Answer { question } => {
                let result = outside.questions[question].result.expect("it was answered");
                let Some(exchange) = outside.questions[question].exchange else {
                    return self.refilled(question, result, outside);
                };
                let ours = |running: &Running| matches!(&running.stage, Stage::Limiting(it) if it.question == question);
                if !self.running.get(&exchange).is_some_and(ours) {
                    return;
                }
                let Some(mut running) = self.running.remove(&exchange) else { return };
                if let Stage::Limiting(asking) = std::mem::replace(&mut running.stage, Stage::Moving) {
                    let goes = self.limited(&mut running, asking, result, outside);
                    self.settle(running, goes, outside);
                }
            }
            Letter::Configure { version } => {
                let setup = Rc::clone(&outside.setups[version]);
                if self.live.setup.limits != setup.limits {
                    self.desk.decides.limits_changed();
                }
                let live = Live::new(setup, &self.registry, self.place.worker, Some(&self.live), outside.now());
                self.live = Rc::new(live);
            }
        }
        self.look_after_served(outside);
    }

    /// The client closes its connection.
    pub(crate) fn client_leaves(&mut self, id: usize, outside: &mut Outside) {
        let Some(mut running) = self.running.remove(&id) else { return };
        match std::mem::replace(&mut running.stage, Stage::Moving) {
            Stage::Limiting(asking) => self.not_limited(&running, &asking, outside),
            Stage::Waiting { ticket, .. } => {
                running.inside = running.upstream.gate.leave_queue(ticket) == Left::Served;
            }
            Stage::Trying(attempt) => self.end_attempt(&running, &attempt, outside),
            Stage::Pausing { .. } | Stage::Moving => {}
        }
        if outside.size.mutation == Mutation::KeepsPlaces {
            running.inside = false;
        }
        if running.begun {
            let _cut = running.exchange.client_gone();
        }
        self.settle(running, Goes::Over(End::Cut), outside);
        self.look_after_served(outside);
    }

    /// Time goes on.
    pub(crate) fn tick(&mut self, outside: &mut Outside) {
        let now = outside.now();
        let mut due = Vec::new();
        self.wheel.advance(now / TICK, &mut due);
        due.sort_unstable();
        for id in due {
            let Some(mut running) = self.running.remove(&id) else { panic!("a timer without its exchange") };
            assert!(now >= running.until, "a timer was early");
            running.timer = None;
            let goes = self.time_is_up(&mut running, outside);
            self.settle(running, goes, outside);
        }
        let live = Rc::clone(&self.live);
        for upstream in &live.upstreams {
            upstream.gate.serve(&mut self.served);
            upstream.refresh(now);
        }
        self.look_after_served(outside);
    }

    fn time_is_up(&mut self, running: &mut Running, outside: &mut Outside) -> Goes {
        let now = outside.now();
        match std::mem::replace(&mut running.stage, Stage::Moving) {
            Stage::Limiting(_) if outside.size.mutation == Mutation::ForgetsExchanges => Goes::On,
            Stage::Limiting(asking) => self.limited(running, asking, Err(StoreError::Timeout), outside),
            Stage::Waiting { ticket, since } => {
                running.waited += now - since;
                running.inside = running.upstream.gate.leave_queue(ticket) == Left::Served;
                let verdict = if running.until == running.deadline {
                    running.exchange.deadline_passed()
                } else {
                    running.exchange.refused(Reason::UpstreamQueueTimeout)
                };
                running.obey(verdict)
            }
            Stage::Pausing { since } => {
                running.waited += now - since;
                self.go_on(running, outside)
            }
            Stage::Trying(attempt) => self.attempt_times_out(running, attempt, outside),
            Stage::Moving => panic!("exchange {} was forgotten", running.id),
        }
    }

    /// Those whose turn it is go on, until it is nobody's turn.
    fn look_after_served(&mut self, outside: &mut Outside) {
        while !self.served.is_empty() {
            let id = self.served.remove(0);
            let Some(mut running) = self.running.remove(&id) else { continue };
            let Stage::Waiting { ticket, since } = std::mem::replace(&mut running.stage, Stage::Moving) else {
                panic!("only who waits is served");
            };
            running.waited += outside.now() - since;
            running.inside = running.upstream.gate.leave_queue(ticket) == Left::Served;
            assert!(running.inside, "it was served");
            let goes = self.go_on(&mut running, outside);
            self.settle(running, goes, outside);
        }
    }

    /// Keeps an exchange that goes on; ends one that is over.
    fn settle(&mut self, running: Running, goes: Goes, outside: &mut Outside) {
        let Goes::Over(end) = goes else {
            self.running.insert(running.id, running);
            return;
        };
        if let Some(timer) = running.timer {
            assert!(self.wheel.cancel(timer), "a timer was lost");
        }
        if running.inside {
            running.upstream.gate.leave(&mut self.served);
        }
        let (id, now) = (running.id, outside.now());
        outside.log.note(now, Note::Ends { exchange: id, end });
        let exchange = running.begun.then_some(&running.exchange);
        outside.ledger.close(id, end, exchange, self.resumed, now);
    }

    /// What must hold whenever nothing happens in this worker.
    pub(crate) fn check(&self, outside: &Outside) {
        assert_eq!(self.wheel.len(), self.running.len(), "every exchange has one timer");
        assert!(self.desk.decides.leases().len() <= outside.size.keys.max(8), "memory of keys is bounded");
        assert!(self.desk.decides.fallback().len() <= outside.size.keys.max(8), "buckets are bounded");
        let (mut inside, mut waiting, mut trying) = ([0; 2], [0; 2], 0);
        for running in self.running.values() {
            inside[running.route] += usize::from(running.inside);
            waiting[running.route] += usize::from(matches!(running.stage, Stage::Waiting { .. }));
            trying += u64::from(matches!(running.stage, Stage::Trying(_)));
            assert!(!matches!(running.stage, Stage::Moving), "exchange {} stands still", running.id);
        }
        for (number, upstream) in self.live.upstreams.iter().enumerate() {
            let gate = &upstream.gate;
            assert_eq!((gate.in_flight(), gate.waiting()), (inside[number], waiting[number]), "places have one owner");
        }
        let known: u64 = self.live.upstreams.iter().flat_map(|it| &it.endpoints).map(|it| it.in_flight.get()).sum();
        assert!(known <= trying, "{known} attempts in flight, and {trying} exchanges try");
    }

    /// What must be left when all is over: nothing.
    pub(crate) fn check_end(&self) {
        assert!(self.running.is_empty() && self.wheel.is_empty());
        for endpoint in self.live.upstreams.iter().flat_map(|upstream| &upstream.endpoints) {
            assert_eq!(endpoint.in_flight.get(), 0, "attempts in flight at {}", endpoint.site);
        }
        assert!(self.registry.in_flight[self.place.worker].iter().all(|count| count.get() == 0));
    }
}
