//! The attempts of one worker, in the way of `worker/exchange.rs`, `worker/breaker.rs` and `worker/learn.rs`.

use std::cell::Cell;
use std::rc::Rc;

use supplex_engine::exchange::AttemptFailure;
use supplex_engine::exchange::Verdict as Says;
use supplex_engine::exchange::retry::backoff;
use supplex_engine::upstream::breaker::{Failure, Report};

use super::choice;
use super::clock::Knock;
use super::ledger::End;
use super::live::{LiveEndpoint, LiveUpstream};
use super::log::Note;
use super::mutation::Mutation;
use super::network::Message;
use super::outside::Outside;
use super::running::{Attempt, Goes, Running, Stage};
use super::worker::Worker;

/// How an attempt ended, for whoever learns from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Answered(u16),
    Failed(AttemptFailure),
    /// The time of the whole exchange is over.
    Deadline,
}

impl Worker {
    /// Makes the next attempt, after a pause if it is a retry.
    pub(crate) fn go_on(&mut self, running: &mut Running, outside: &mut Outside) -> Goes {
        let (now, retries) = (outside.now(), running.exchange.retries());
        if retries > running.paused {
            running.paused = retries;
            let base = running.live.setup.routes[running.route].retries.backoff.as_nanos() as u64;
            let pause = backoff(base, retries, running.deadline.saturating_sub(now), outside.random.next());
            if pause > 0 {
                running.stage = Stage::Pausing { since: now };
                self.wait_until(running, now + pause);
                return Goes::On;
            }
        }
        if now >= running.deadline {
            let verdict = running.exchange.deadline_passed();
            return running.obey(verdict);
        }
        let upstream = Rc::clone(&running.upstream);
        let is_current = Rc::ptr_eq(&running.live, &self.live);
        let chosen = choice::choose(&upstream, running.client, &mut running.tried, is_current, outside);
        let (endpoint, permit) = match chosen {
            Ok(chosen) => chosen,
            Err(reason) => {
                let verdict = running.exchange.refused(running.failure.unwrap_or(reason));
                return running.obey(verdict);
            }
        };
        endpoint.in_flight.set(endpoint.in_flight.get() + 1);
        let probe = permit.is_some_and(|permit| permit.is_probe());
        outside.ledger.totals.add("a probe", probe.into());
        outside.log.note(now, Note::Tries { exchange: running.id, site: endpoint.site, probe });
        let idle = if running.exchange.needs_fresh() { None } else { take_idle(&endpoint, outside) };
        let pooled = idle.is_some();
        let number = outside.network.open(self.place, running.id, endpoint.site, idle);
        let (permit, excused, epoch) = (Cell::new(permit), Cell::new(false), endpoint.book.breaker.state().epoch);
        let mut attempt = Attempt { number, endpoint, permit, epoch, begun: now, pooled, connected: false, excused };
        if pooled {
            outside.ledger.totals.count("an attempt on a kept connection");
            self.send(running, &mut attempt, outside);
        } else {
            outside.network.send(number, Knock::Connect, &mut outside.schedule, &mut outside.random);
            let settings = &running.upstream.settings;
            let patience = settings.connect_timeout.min(settings.attempt_timeout).as_nanos() as u64;
            self.wait_until(running, (now + patience).min(running.deadline));
        }
        running.stage = Stage::Trying(attempt);
        Goes::On
    }

    /// There is a connection: the request goes out.
    fn send(&mut self, running: &mut Running, attempt: &mut Attempt, outside: &mut Outside) {
        attempt.connected = true;
        running.exchange.attempt_started(attempt.pooled);
        running.exchange.request_bytes_sent();
        outside.ledger.reaches(running.id, attempt.endpoint.site);
        outside.network.send(attempt.number, Knock::Request, &mut outside.schedule, &mut outside.random);
        let patience = running.upstream.settings.attempt_timeout.as_nanos() as u64;
        self.wait_until(running, (outside.now() + patience).min(running.deadline));
    }

    /// Something came from the endpoint of the present attempt.
    pub(crate) fn heard(&mut self, running: &mut Running, message: Message, outside: &mut Outside) -> Goes {
        let Stage::Trying(mut attempt) = std::mem::replace(&mut running.stage, Stage::Moving) else {
            panic!("nothing is tried");
        };
        match message {
            Message::Connected if outside.now() >= running.deadline => self.out_of_time(running, attempt, outside),
            Message::Connected => {
                self.send(running, &mut attempt, outside);
                running.stage = Stage::Trying(attempt);
                Goes::On
            }
            Message::Refused => self.unreached(running, attempt, outside),
            Message::Answer { status, whole } => self.answered(running, attempt, status, whole, outside),
            Message::Closed => self.failed(running, attempt, AttemptFailure::Reset, outside),
        }
    }

    /// The timer of an attempt fired.
    pub(crate) fn attempt_times_out(&mut self, running: &mut Running, attempt: Attempt, outside: &mut Outside) -> Goes {
        if running.until == running.deadline {
            return self.out_of_time(running, attempt, outside);
        }
        if !attempt.connected {
            return self.unreached(running, attempt, outside);
        }
        self.failed(running, attempt, AttemptFailure::Timeout, outside)
    }

    fn out_of_time(&mut self, running: &mut Running, attempt: Attempt, outside: &mut Outside) -> Goes {
        if running.waited > 0 {
            self.excuse(running, &attempt, outside);
        }
        if !running.exchange.is_answering() {
            self.learn(running, &attempt, Ended::Deadline, outside);
        }
        let verdict = running.exchange.deadline_passed();
        self.end_attempt(running, &attempt, outside);
        running.obey(verdict)
    }

    fn unreached(&mut self, running: &mut Running, attempt: Attempt, outside: &mut Outside) -> Goes {
        self.learn(running, &attempt, Ended::Failed(AttemptFailure::Connect), outside);
        running.exchange.attempt_started(false);
        self.conclude(running, attempt, AttemptFailure::Connect, outside)
    }

    fn failed(
        &mut self,
        running: &mut Running,
        attempt: Attempt,
        failure: AttemptFailure,
        outside: &mut Outside,
    ) -> Goes {
        if !running.exchange.is_answering() {
            self.learn(running, &attempt, Ended::Failed(failure), outside);
        }
        if attempt.pooled && failure == AttemptFailure::Reset {
            outside.ledger.totals.count("a stale connection");
        }
        self.conclude(running, attempt, failure, outside)
    }

    fn conclude(
        &mut self,
        running: &mut Running,
        attempt: Attempt,
        failure: AttemptFailure,
        outside: &mut Outside,
    ) -> Goes {
        running.failure = Some(failure.reason());
        let (upstream, now) = (Rc::clone(&running.upstream), outside.now());
        let verdict =
            running.exchange.attempt_failed(failure, now, || self.may_retry(running.route, &upstream, outside));
        self.end_attempt(running, &attempt, outside);
        if verdict == Says::Retry {
            return self.go_on(running, outside);
        }
        running.obey(verdict)
    }

    fn answered(
        &mut self,
        running: &mut Running,
        attempt: Attempt,
        status: u16,
        whole: bool,
        outside: &mut Outside,
    ) -> Goes {
        let now = outside.now();
        running.exchange.response_byte_received();
        self.learn(running, &attempt, Ended::Answered(status), outside);
        let upstream = Rc::clone(&running.upstream);
        let again = running.exchange.status_received(status, now, || self.may_retry(running.route, &upstream, outside));
        if again || whole {
            if whole {
                let life = outside.network.travels[attempt.number].life;
                attempt.endpoint.keep_idle(life, now, upstream.settings.idle_per_worker);
            }
            self.end_attempt(running, &attempt, outside);
        }
        if again {
            return self.go_on(running, outside);
        }
        running.exchange.response_started();
        if whole {
            running.exchange.response_finished();
            return Goes::Over(End::Response(status));
        }
        let patience = upstream.settings.attempt_timeout.as_nanos() as u64;
        self.wait_until(running, (now + patience).min(running.deadline));
        running.stage = Stage::Trying(attempt);
        Goes::On
    }

    /// Whether the budget allows a retry now, and there is an endpoint for it.
    fn may_retry(&self, route: usize, upstream: &LiveUpstream, outside: &mut Outside) -> bool {
        let now = outside.now();
        upstream.look_for_panic();
        let usable = upstream.endpoints.iter().enumerate().filter(|(index, _)| upstream.is_usable(*index));
        if !usable.into_iter().any(|(_, endpoint)| upstream.lets_through(endpoint, now)) {
            return false;
        }
        let allowed = upstream.retries.borrow_mut().spend(now) || outside.size.mutation == Mutation::IgnoresBudget;
        if allowed {
            let (rule, workers) = (upstream.settings.retry_budget, outside.size.workers);
            outside.ledger.budget_retry(self.place, route, rule, workers, now);
        }
        outside.ledger.totals.count(if allowed { "a retry" } else { "a spent budget" });
        allowed
    }

    /// Tells breaker, ejection and balancer how the attempt ended.
    fn learn(&self, running: &Running, attempt: &Attempt, ended: Ended, outside: &mut Outside) {
        let (now, upstream, endpoint) = (outside.now(), &running.upstream, &attempt.endpoint);
        let stale = attempt.pooled && ended == Ended::Failed(AttemptFailure::Reset);
        if stale || attempt.excused.get() {
            return self.excuse(running, attempt, outside);
        }
        let (failure, answered) = match ended {
            Ended::Answered(status) => (Failure::of_status(status), true),
            Ended::Failed(AttemptFailure::Connect) => (Some(Failure::Connect), false),
            Ended::Failed(AttemptFailure::Reset) => (Some(Failure::Reset), false),
            Ended::Failed(AttemptFailure::Malformed) => (Some(Failure::Malformed), false),
            Ended::Failed(AttemptFailure::Timeout) | Ended::Deadline => (Some(Failure::Timeout), false),
        };
        if let (Some(permit), Some(rules)) = (attempt.permit.take(), &upstream.rules) {
            let report = Report { failure, slow: answered && rules.is_slow(now - attempt.begun) };
            let random = outside.random.next();
            endpoint.book.breaker.report(self.place.worker, permit, report, now / 1_000_000, rules, || random);
            let most = upstream.settings.breaker.map_or(u32::MAX, |breaker| breaker.connect_failures);
            endpoint.book.reported(attempt.epoch, permit.is_probe(), failure, most);
        }
        let (latency, failed) = match ended {
            Ended::Answered(status) => (now - attempt.begun, status >= 500),
            Ended::Failed(AttemptFailure::Timeout) | Ended::Deadline => {
                (upstream.settings.attempt_timeout.as_nanos() as u64, true)
            }
            Ended::Failed(_) => (0, true),
        };
        let fatal = !matches!(ended, Ended::Answered(status) if !(502..=504).contains(&status));
        if upstream.judge(endpoint, fatal, now) {
            outside.ledger.totals.count("an ejection");
        }
        if let Some(position) = upstream.endpoints.iter().position(|known| Rc::ptr_eq(known, endpoint)) {
            upstream.balancer.borrow_mut().observe(position, latency, failed, now);
        }
    }

    /// Whatever becomes of the attempt, it is not the endpoint's doing.
    fn excuse(&self, running: &Running, attempt: &Attempt, outside: &Outside) {
        attempt.excused.set(true);
        if let (Some(permit), Some(rules)) = (attempt.permit.take(), &running.upstream.rules) {
            attempt.endpoint.book.void(permit, outside.now() / 1_000_000, rules);
        }
    }

    /// Lets go of everything that the attempt held.
    pub(crate) fn end_attempt(&self, running: &Running, attempt: &Attempt, outside: &mut Outside) {
        self.excuse(running, attempt, outside);
        attempt.endpoint.in_flight.set(attempt.endpoint.in_flight.get() - 1);
        outside.network.travels[attempt.number].closed = true;
    }
}

/// An idle connection that is still open, as far as is known.
fn take_idle(endpoint: &LiveEndpoint, outside: &Outside) -> Option<u32> {
    let mut idle = endpoint.idle.borrow_mut();
    std::iter::from_fn(|| idle.take()).find(|life| outside.network.looks_open(endpoint.site, *life, outside.now()))
}
