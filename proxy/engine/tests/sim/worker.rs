//! The worker: does what the engine's parts decide, in the way of the shell, with a made-up network under it.

use std::collections::BTreeMap;
use std::time::Duration;

use supplex_engine::config::{self, Retries, RetryOn};
use supplex_engine::exchange::retry::backoff;
use supplex_engine::exchange::{AttemptFailure, Exchange, RetryRule, Verdict};
use supplex_engine::reason::Reason;
use supplex_engine::timer::Wheel;
use supplex_engine::upstream::{Balancer, Draw, Pool, RetryBudget};

use crate::ledger::{Asked, End, ExchangeId, Ledger};
use crate::network::{ConnectionId, Message};
use crate::running::{Attempt, Running};
use crate::schedule::TICK;
use crate::world::Outside;

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Timer {
    Deadline(ExchangeId),
    Attempt(ExchangeId),
    Pause(ExchangeId),
}

/// The bound of the pause before the first retry.
const BACKOFF: Duration = Duration::from_millis(25);

/// What the worker has a connection for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Use {
    Exchange(ExchangeId),
    Idle,
}

/// The engine's parts, and what the worker keeps beside them.
pub(crate) struct Worker {
    pub(crate) budget: RetryBudget,
    pub(crate) budget_rule: config::RetryBudget,
    pub(crate) balancer: Balancer,
    pub(crate) pools: Vec<Pool<ConnectionId>>,
    pub(crate) in_flight: Vec<u64>,
    pub(crate) wheel: Wheel<Timer>,
    pub(crate) exchanges: BTreeMap<ExchangeId, Running>,
    pub(crate) uses: BTreeMap<ConnectionId, Use>,
    pub(crate) most_idle: usize,
    pub(crate) idle_timeout: u64,
    pub(crate) attempt_timeout: u64,
}

impl Worker {
    /// A request head was accepted.
    pub(crate) fn begin(&mut self, id: ExchangeId, asked: Asked, deadline: u64, outside: &mut Outside) {
        let Asked { method, has_body, keyed, max } = asked;
        let on = RetryOn::WORDS.iter().fold(RetryOn::NONE, |on, (_, cause)| on.and(*cause));
        let retries = Retries { max, on, backoff: BACKOFF, post_with_idempotency_key: true };
        if max > 0 {
            self.budget.request(outside.schedule.now());
        }
        let running = Running {
            exchange: Exchange::new(method, has_body, deadline).with_retries(RetryRule::new(Some(&retries), keyed)),
            pause: None,
            has_body,
            deadline: self.wheel.insert(deadline.div_ceil(TICK), Timer::Deadline(id)),
            attempt: None,
            tried: Vec::new(),
            waiting: Vec::new(),
            given: 0,
        };
        self.exchanges.insert(id, running);
        self.attempt(id, true, outside);
    }

    /// A piece of the request body came.
    pub(crate) fn body(&mut self, id: ExchangeId, last: bool, outside: &mut Outside) {
        let Some(running) = self.exchanges.get_mut(&id) else { return };
        running.waiting.push(last);
        send_waiting(running, outside);
    }

    /// The request body broke a rule.
    pub(crate) fn bad_body(&mut self, id: ExchangeId, outside: &mut Outside) {
        let Some(running) = self.exchanges.get_mut(&id) else { return };
        let verdict = running.exchange.body_violation(Reason::BodyTooLarge);
        self.obey(id, verdict, outside);
    }

    /// The client closed its connection.
    pub(crate) fn client_gone(&mut self, id: ExchangeId, outside: &mut Outside) {
        let Some(running) = self.exchanges.get_mut(&id) else { return };
        let verdict = running.exchange.client_gone();
        self.obey(id, verdict, outside);
    }

    /// Something came from an endpoint. `cause` is the exchange whose request made it say that.
    pub(crate) fn deliver(
        &mut self,
        connection: ConnectionId,
        cause: Option<ExchangeId>,
        message: Message,
        outside: &mut Outside,
    ) {
        match self.uses.get(&connection) {
            Some(Use::Exchange(id)) => {
                let id = *id;
                assert!(cause.is_none_or(|cause| cause == id), "the response to another request");
                self.on_message(id, message, outside);
            }
            Some(Use::Idle) => {
                // The endpoint closed it, or speaks without being asked: of no use either way.
                for pool in &mut self.pools {
                    pool.sweep(0, |idle| *idle != connection, drop);
                }
                outside.ledger.totals.stale_closes += 1;
                self.close(connection, outside);
            }
            None => panic!("the worker forgot a connection"),
        }
    }

    /// Time has come to another tick.
    pub(crate) fn tick(&mut self, outside: &mut Outside) {
        let mut fired = Vec::new();
        let now = outside.schedule.now();
        self.wheel.advance(now / TICK, &mut fired);
        for timer in fired {
            match timer {
                Timer::Deadline(id) => {
                    let Some(running) = self.exchanges.get_mut(&id) else { continue };
                    assert!(running.exchange.deadline() <= now, "a deadline fired early");
                    let verdict = running.exchange.deadline_passed();
                    self.obey(id, verdict, outside);
                }
                Timer::Pause(id) => {
                    let Some(running) = self.exchanges.get_mut(&id) else { continue };
                    running.pause = None;
                    let from_pool = !running.exchange.needs_fresh();
                    self.attempt(id, from_pool, outside);
                }
                Timer::Attempt(id) => {
                    let Some(attempt) = self.exchanges.get(&id).and_then(|running| running.attempt) else { continue };
                    let failure = if attempt.connected { AttemptFailure::Timeout } else { AttemptFailure::Connect };
                    self.attempt_failed(id, failure, outside);
                }
            }
        }
        let mut expired = Vec::new();
        for pool in &mut self.pools {
            pool.sweep(now.saturating_sub(self.idle_timeout), |_| true, |connection| expired.push(connection));
        }
        outside.ledger.totals.expiries += expired.len() as u64;
        expired.into_iter().for_each(|connection| self.close(connection, outside));
    }

    /// The bound of the idle pools changes.
    pub(crate) fn reload(&mut self, most_idle: usize, outside: &mut Outside) {
        self.most_idle = most_idle;
        let mut over = Vec::new();
        self.pools.iter_mut().for_each(|pool| pool.trim(most_idle, |connection| over.push(connection)));
        over.into_iter().for_each(|connection| self.close(connection, outside));
    }

    /// Chooses an endpoint and a connection to it.
    fn attempt(&mut self, id: ExchangeId, from_pool: bool, outside: &mut Outside) {
        let Some(running) = self.exchanges.get_mut(&id) else { return };
        let in_flight = &self.in_flight;
        let now = outside.schedule.now();
        let draw = Draw { now, random: outside.random.next(), hash: outside.random.next() };
        let load = |endpoint: usize| in_flight[endpoint];
        // Elsewhere if there is an elsewhere.
        let untried = self.balancer.pick(load, draw, |endpoint| !running.tried.contains(&endpoint));
        let Some(endpoint) = untried.or_else(|| self.balancer.pick(load, draw, |_| true)) else {
            let verdict = running.exchange.refused(Reason::UpstreamNone);
            return self.obey(id, verdict, outside);
        };
        let idle = if from_pool { self.pools[endpoint].take() } else { None };
        let connection =
            idle.unwrap_or_else(|| outside.network.connect(endpoint, &mut outside.schedule, &mut outside.random));
        let connected = idle.is_some();
        outside.ledger.totals.pooled_attempts += u64::from(connected);
        let at_tick = (outside.schedule.now() + self.attempt_timeout).div_ceil(TICK);
        let timer = self.wheel.insert(at_tick, Timer::Attempt(id));
        running.exchange.attempt_started(connected);
        running.tried.push(endpoint);
        running.attempt = Some(Attempt { endpoint, connection, connected, timer, request_sent: false });
        self.in_flight[endpoint] += 1;
        self.uses.insert(connection, Use::Exchange(id));
        if connected {
            send_head(id, running, outside);
        }
    }

    fn on_message(&mut self, id: ExchangeId, message: Message, outside: &mut Outside) {
        if let Message::Unavailable { keep } = message {
            return self.on_unavailable(id, keep, outside);
        }
        let Some(running) = self.exchanges.get_mut(&id) else { panic!("a connection without its exchange") };
        let Some(attempt) = &mut running.attempt else { panic!("a connection without its attempt") };
        match message {
            Message::Connected => {
                attempt.connected = true;
                send_head(id, running, outside);
            }
            Message::FirstBytes => running.exchange.response_byte_received(),
            Message::Interim => running.exchange.interim_forwarded(),
            Message::Head | Message::Piece => {
                let at_tick = (outside.schedule.now() + self.attempt_timeout).div_ceil(TICK);
                assert!(self.wheel.reschedule(attempt.timer, at_tick), "a running attempt without a timer");
                running.exchange.response_byte_received();
                // As in the shell, a head waits for what follows it; if that is bad, a reply is still possible.
                if message == Message::Piece {
                    running.exchange.response_started();
                    outside.ledger.answers(id);
                }
            }
            Message::End { keep } => {
                running.exchange.response_started();
                outside.ledger.answers(id);
                running.exchange.response_finished();
                self.finish(id, End::Response, keep, outside);
            }
            Message::Broken => {
                let verdict = running.exchange.response_broken();
                self.obey(id, verdict, outside);
            }
            Message::Unavailable { .. } => {}
            Message::Refused => self.attempt_failed(id, AttemptFailure::Connect, outside),
            Message::Malformed => {
                running.exchange.response_byte_received();
                self.attempt_failed(id, AttemptFailure::Malformed, outside);
            }
            Message::Closed => self.attempt_failed(id, AttemptFailure::Reset, outside),
        }
    }

    /// A whole 503, which is passed on unless another attempt may do better.
    fn on_unavailable(&mut self, id: ExchangeId, keep: bool, outside: &mut Outside) {
        let Some(running) = self.exchanges.get_mut(&id) else { panic!("a connection without its exchange") };
        running.exchange.response_byte_received();
        let (now, budget, ledger) = (outside.schedule.now(), &mut self.budget, &mut outside.ledger);
        let before = running.exchange.clone();
        if running.exchange.status_received(503, now, || charge(budget, self.budget_rule, ledger, now)) {
            ledger.totals.held_back += 1;
            return self.again(id, &before, keep, outside);
        }
        ledger.totals.unavailable += 1;
        running.exchange.response_started();
        ledger.answers(id);
        running.exchange.response_finished();
        self.finish(id, End::Response, keep, outside);
    }

    /// Ends the attempt and makes another one: at once after a stale connection, otherwise after a pause.
    fn again(&mut self, id: ExchangeId, before: &Exchange, keep: bool, outside: &mut Outside) {
        self.end_attempt(id, keep, outside);
        let Some(running) = self.exchanges.get_mut(&id) else { return };
        let retries = running.exchange.retries();
        if retries == before.retries() {
            return self.attempt(id, false, outside);
        }
        let now = outside.schedule.now();
        let left = running.exchange.deadline() - now;
        let pause = backoff(BACKOFF.as_nanos() as u64, retries, left, outside.random.next());
        assert!(pause < left, "a pause beyond the deadline");
        running.pause = Some(self.wheel.insert((now + pause).div_ceil(TICK), Timer::Pause(id)));
    }

    fn attempt_failed(&mut self, id: ExchangeId, failure: AttemptFailure, outside: &mut Outside) {
        let Some(running) = self.exchanges.get_mut(&id) else { return };
        let (now, budget, ledger) = (outside.schedule.now(), &mut self.budget, &mut outside.ledger);
        let before = running.exchange.clone();
        let verdict = running.exchange.attempt_failed(failure, now, || charge(budget, self.budget_rule, ledger, now));
        if verdict == Verdict::Retry {
            return self.again(id, &before, false, outside);
        }
        self.obey(id, verdict, outside);
    }

    fn obey(&mut self, id: ExchangeId, verdict: Verdict, outside: &mut Outside) {
        match verdict {
            Verdict::Retry => panic!("only a failed attempt is followed by another"),
            Verdict::Reply(reason) => self.finish(id, End::Reply(reason), false, outside),
            Verdict::Cut => self.finish(id, End::Cut, false, outside),
        }
    }

    fn finish(&mut self, id: ExchangeId, end: End, keep: bool, outside: &mut Outside) {
        self.end_attempt(id, keep, outside);
        let Some(running) = self.exchanges.remove(&id) else { return };
        self.wheel.cancel(running.deadline);
        running.pause.map(|pause| self.wheel.cancel(pause));
        outside.exchange_over(id, end, &running.exchange);
    }

    /// Gives the connection back to its pool, if `keep` and if the request went out in full, or closes it.
    fn end_attempt(&mut self, id: ExchangeId, keep: bool, outside: &mut Outside) {
        let attempt = self.exchanges.get_mut(&id).and_then(|running| running.attempt.take());
        let Some(Attempt { endpoint, connection, timer, request_sent, .. }) = attempt else { return };
        self.wheel.cancel(timer);
        self.in_flight[endpoint] -= 1;
        if !keep || !request_sent {
            return self.close(connection, outside);
        }
        self.uses.insert(connection, Use::Idle);
        if let Some(evicted) = self.pools[endpoint].put(outside.schedule.now(), connection, self.most_idle) {
            outside.ledger.totals.evictions += 1;
            self.close(evicted, outside);
        }
    }

    fn close(&mut self, connection: ConnectionId, outside: &mut Outside) {
        self.uses.remove(&connection);
        outside.network.close(connection);
    }
}

/// Asks the budget, and tells the observer.
fn charge(budget: &mut RetryBudget, rule: config::RetryBudget, ledger: &mut Ledger, now: u64) -> bool {
    let allowed = budget.spend(now);
    if allowed {
        ledger.charged(rule, now);
    } else {
        ledger.totals.exhausted += 1;
    }
    allowed
}

/// Sends the head of the request on the attempt's connection, then what waits of the body.
fn send_head(id: ExchangeId, running: &mut Running, outside: &mut Outside) {
    let Some(attempt) = &mut running.attempt else { return };
    running.exchange.request_bytes_sent();
    attempt.request_sent = !running.has_body;
    let Outside { network, schedule, random, .. } = outside;
    network.send_head(attempt.connection, id, running.has_body, schedule, random);
    send_waiting(running, outside);
}

/// Sends the pieces of the body that wait, if there is a connection for them.
fn send_waiting(running: &mut Running, outside: &mut Outside) {
    let Some(attempt) = running.attempt.as_mut().filter(|attempt| attempt.connected) else { return };
    for last in running.waiting.drain(..) {
        running.exchange.body_forwarded();
        outside.network.send_body(attempt.connection, running.given, last);
        running.given += 1;
        attempt.request_sent = last;
    }
}
