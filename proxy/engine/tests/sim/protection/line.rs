//! The line of a sidecar to Redis, in the way of `sidecar/limits/redis.rs`: its states are modelled; sizes, times and pauses
//! are the engine's; sockets and tasks are not there.

use std::collections::VecDeque;

use supplex_engine::limit::line::{Backoff, FLIGHTS_MOST, PIPELINE_MOST, STALL_MOST};

use super::clock::{Event, MICRO, MILLI, Step};
use super::outside::{Outside, StoreError};
use super::redis::Reply;

/// `redis.timeout`.
pub(crate) const TIMEOUT: u64 = 20 * MILLI;

/// See `sidecar/limits/redis.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Connecting,
    Up,
    /// No more questions are sent; once all pipelines have ended, it is looked for an answer or for another connection.
    Ending {
        lost: bool,
    },
    Stalled {
        since: u64,
    },
}

/// One pipeline.
#[derive(Debug)]
struct Flight {
    questions: Vec<usize>,
    connection: u64,
    /// In the second round the script is loaded first.
    again: bool,
    replies: Vec<Reply>,
    usable: bool,
    /// Nobody waits for it any more.
    over: bool,
    /// It never reaches the server.
    cut: bool,
}

/// The line.
#[derive(Debug)]
pub(crate) struct Line {
    process: usize,
    state: State,
    /// Counts changes of the state, so that a step of an earlier one is void.
    epoch: u64,
    /// The number of the connection, and of the server it leads to.
    connection: u64,
    incarnation: u64,
    /// The last connection that the network has cut.
    cut: u64,
    /// The server of the connection has become a replica.
    demoted: bool,
    queue: VecDeque<usize>,
    flights: Vec<Flight>,
    under_way: usize,
    backoff: Backoff,
}

impl Line {
    pub(crate) fn new(process: usize) -> Self {
        Self {
            process,
            state: State::Connecting,
            epoch: 0,
            connection: 0,
            incarnation: 0,
            cut: 0,
            demoted: false,
            queue: VecDeque::new(),
            flights: Vec::new(),
            under_way: 0,
            backoff: Backoff::default(),
        }
    }

    /// Begins to connect.
    pub(crate) fn connect(&mut self, outside: &mut Outside) {
        self.turn(State::Connecting);
        let step = Step::Connecting { epoch: self.epoch };
        let pause = self.next_pause() + way(outside);
        outside.schedule.after(pause, Event::Sidecar { process: self.process, step });
    }

    fn turn(&mut self, state: State) {
        self.state = state;
        self.epoch += 1;
    }

    fn next_pause(&mut self) -> u64 {
        self.backoff.pause().as_nanos() as u64
    }

    pub(crate) fn ask(&mut self, question: usize, outside: &mut Outside) {
        if self.state != State::Up {
            return outside.answer(question, Err(StoreError::Unreachable));
        }
        self.queue.push_back(question);
        self.launch(outside);
    }

    fn launch(&mut self, outside: &mut Outside) {
        while self.state == State::Up && self.under_way < FLIGHTS_MOST && !self.queue.is_empty() {
            let questions = self.queue.drain(..self.queue.len().min(PIPELINE_MOST)).collect();
            let (replies, connection) = (Vec::new(), self.connection);
            let (again, usable, over, cut) = (false, true, false, false);
            self.flights.push(Flight { questions, connection, again, replies, usable, over, cut });
            self.under_way += 1;
            let flight = self.flights.len() - 1;
            let late = Event::Sidecar { process: self.process, step: Step::Late { flight } };
            outside.schedule.after(TIMEOUT, late);
            self.send(flight, outside);
        }
    }

    fn send(&self, flight: usize, outside: &mut Outside) {
        let way = way(outside);
        outside.schedule.after(way, Event::Redis { process: self.process, flight });
    }

    /// A pipeline is at the server, whoever still waits for it.
    pub(crate) fn at_server(&mut self, number: usize, outside: &mut Outside) {
        let flight = &mut self.flights[number];
        let current = self.incarnation == outside.redis.incarnation && flight.connection == self.connection;
        if flight.cut || !(current || self.demoted) {
            return;
        }
        if current && outside.redis.stands_still {
            return outside.redis.parked.push((self.process, number));
        }
        let now = outside.now();
        if flight.again && current {
            outside.redis.knows_script = true;
        }
        for question in &flight.questions {
            let (reply, forgiven) = if current {
                outside.redis.evaluate(&outside.questions[*question].charges, now)
            } else {
                (Reply::ReadOnly, Vec::new())
            };
            outside.ledger.meters.forgive(0, &forgiven, now);
            if let Reply::Verdict(verdict) = reply {
                outside.decided(*question, &verdict);
                if flight.over {
                    outside.ledger.totals.add("charged with nobody to hear it", verdict.admits().into());
                }
            }
            flight.replies.push(reply);
        }
        let step = Step::Reply { flight: number };
        let way = way(outside);
        outside.schedule.after(way, Event::Sidecar { process: self.process, step });
    }

    /// The replies of a pipeline came back.
    pub(crate) fn replied(&mut self, number: usize, outside: &mut Outside) {
        let flight = &mut self.flights[number];
        if flight.over || flight.connection <= self.cut {
            return;
        }
        let mut strangers = Vec::new();
        let replies = std::mem::take(&mut flight.replies);
        for (question, reply) in std::mem::take(&mut flight.questions).into_iter().zip(replies) {
            match reply {
                Reply::Verdict(verdict) => outside.answer(question, Ok(verdict)),
                Reply::NoScript if !flight.again => strangers.push(question),
                Reply::NoScript => outside.answer(question, Err(StoreError::Refused)),
                Reply::ReadOnly => {
                    flight.usable = false;
                    outside.ledger.totals.count("a server that takes no writes");
                    outside.answer(question, Err(StoreError::Refused));
                }
            }
        }
        if !strangers.is_empty() {
            outside.ledger.totals.count("a script that was not known");
            (flight.questions, flight.again) = (strangers, true);
            return self.send(number, outside);
        }
        let usable = flight.usable;
        self.over(number);
        if usable {
            self.backoff.reset();
            self.launch(outside);
            self.go_on(outside);
        } else {
            self.end(true, outside);
        }
    }

    /// The time of a pipeline is over.
    pub(crate) fn late(&mut self, number: usize, outside: &mut Outside) {
        if self.flights[number].over {
            return;
        }
        self.fail(number, StoreError::Timeout, outside);
        self.end(false, outside);
    }

    fn fail(&mut self, number: usize, error: StoreError, outside: &mut Outside) {
        let flight = &mut self.flights[number];
        // What is on its way is still run by the server.
        for question in flight.questions.clone() {
            outside.answer(question, Err(error));
        }
        if flight.replies.iter().any(|reply| matches!(reply, Reply::Verdict(verdict) if verdict.admits())) {
            outside.ledger.totals.count("charged with nobody to hear it");
        }
        self.over(number);
    }

    fn over(&mut self, number: usize) {
        self.flights[number].over = true;
        self.under_way -= 1;
    }

    fn end(&mut self, lost: bool, outside: &mut Outside) {
        if self.state == State::Up {
            self.turn(State::Ending { lost });
        }
        for question in std::mem::take(&mut self.queue) {
            outside.answer(question, Err(StoreError::Unreachable));
        }
        self.go_on(outside);
    }

    /// What comes after the last pipeline of a connection.
    fn go_on(&mut self, outside: &mut Outside) {
        let State::Ending { lost } = self.state else { return };
        if self.under_way > 0 {
            return;
        }
        if lost {
            return self.connect(outside);
        }
        self.backoff.reset();
        self.turn(State::Stalled { since: outside.now() });
        self.ping(0, outside);
    }

    fn ping(&mut self, delay: u64, outside: &mut Outside) {
        let (pause, step) = (self.next_pause(), Step::Ping { epoch: self.epoch });
        outside.schedule.after(delay + pause, Event::Sidecar { process: self.process, step });
    }

    /// Whether a connection whose reply was late answers again.
    pub(crate) fn pinged(&mut self, epoch: u64, outside: &mut Outside) {
        let State::Stalled { since } = self.state else { return };
        if epoch != self.epoch {
            return;
        }
        let redis = &outside.redis;
        let broken = self.cut == self.connection || self.incarnation != redis.incarnation;
        if broken || u128::from(outside.now() - since) >= STALL_MOST.as_nanos() {
            return self.connect(outside);
        }
        if redis.stands_still || 2 * way(outside) > TIMEOUT {
            return self.ping(TIMEOUT, outside);
        }
        self.turn(State::Up);
    }

    /// An attempt to connect is decided.
    pub(crate) fn connecting(&mut self, epoch: u64, outside: &mut Outside) {
        if self.state != State::Connecting || epoch != self.epoch {
            return;
        }
        if !outside.redis.is_up || outside.redis.stands_still || 2 * way(outside) > TIMEOUT {
            return self.connect(outside);
        }
        self.connection += 1;
        (self.incarnation, self.demoted) = (outside.redis.incarnation, false);
        outside.redis.knows_script = true;
        self.turn(State::Up);
    }

    /// The network or the server cuts the connection: what is on its way may arrive or not, and no reply comes back.
    pub(crate) fn break_off(&mut self, outside: &mut Outside) {
        self.cut = self.connection;
        for flight in self.flights.iter_mut().filter(|flight| !flight.over && flight.replies.is_empty()) {
            flight.cut = outside.random.chance(50);
        }
        let (delay, step) = (way(outside), Step::Broken { connection: self.connection });
        outside.schedule.after(delay, Event::Sidecar { process: self.process, step });
    }

    /// The server stays connected, and takes no writes any more.
    pub(crate) fn demote(&mut self) {
        self.demoted = true;
    }

    /// The end of a connection is noticed.
    pub(crate) fn broken(&mut self, connection: u64, outside: &mut Outside) {
        if connection != self.connection || self.state == State::Connecting {
            return;
        }
        let open: Vec<usize> = (0..self.flights.len()).filter(|number| !self.flights[*number].over).collect();
        open.into_iter().for_each(|number| self.fail(number, StoreError::Unreachable, outside));
        if let State::Ending { lost } = &mut self.state {
            *lost = true;
        }
        match self.state {
            State::Stalled { .. } => self.connect(outside),
            _ => self.end(true, outside),
        }
    }

    /// Whether it can be asked.
    pub(crate) fn is_up(&self) -> bool {
        self.state == State::Up
    }
}

fn way(outside: &mut Outside) -> u64 {
    outside.random.between(60, 250) * MICRO + outside.redis.slower
}
