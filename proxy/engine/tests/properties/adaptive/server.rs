//! A made-up upstream with so many places and a queue before them, and what arrives at it; all of it from a seed.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use supplex_engine::config::Adaptive;
use supplex_engine::upstream::AdaptiveLimit;
use supplex_engine::upstream::adaptive::{Ended, Totals, sample};

/// How often the limit is told what was counted, as the shell does.
const TICK: u64 = 10_000_000;
const SECOND: f64 = 1e9;

/// How much arrives, at random times.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Load {
    /// Of what the upstream can do.
    Times(f64),
    PerSecond(f64),
}

/// The upstream behind its limit.
pub(crate) struct Server {
    random: u64,
    now: u64,
    tick_at: u64,
    /// How much it can do at once.
    pub(crate) places: u64,
    /// How long one takes, more or less, in nanoseconds.
    pub(crate) service: u64,
    /// How many of a hundred fail at once, without taking a place.
    pub(crate) failing: u64,
    /// They take twenty times as long as an answer instead.
    pub(crate) hang: bool,
    pub(crate) limit: AdaptiveLimit,
    pub(crate) totals: Totals,
    /// When each that has a place is done, and when it came.
    served: BinaryHeap<Reverse<(u64, u64)>>,
    /// When each that waits for a place came.
    queue: VecDeque<u64>,
    /// The same as for those served, for those that fail.
    failed: BinaryHeap<Reverse<(u64, u64)>>,
    pub(crate) refused: u64,
    /// Since the limit last changed phase or somebody asked: the sum of limits at ticks, and how many.
    limits: (u64, u64),
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { now, places, service, limit, refused, .. } = self;
        write!(f, "{places} places, {service} ns each, at {now}: {} in flight, {refused} refused, ", self.in_flight())?;
        write!(f, "limit {}, baseline {:?}, recent {:?}", limit.limit(), limit.baseline(), limit.recent())
    }
}

impl Server {
    pub(crate) fn new(seed: u64, places: u64, service: u64, rules: &Adaptive) -> Self {
        Self {
            random: seed,
            now: 0,
            tick_at: TICK,
            places,
            service,
            failing: 0,
            hang: false,
            limit: AdaptiveLimit::new(rules, Totals::default(), 0),
            totals: Totals::default(),
            served: BinaryHeap::new(),
            queue: VecDeque::new(),
            failed: BinaryHeap::new(),
            refused: 0,
            limits: (0, 0),
        }
    }

    /// Lets so many nanoseconds pass.
    pub(crate) fn run(&mut self, nanos: u64, load: Load) {
        let end = self.now + nanos;
        let per_second = match load {
            Load::Times(times) => times * self.places as f64 * SECOND / self.service as f64,
            Load::PerSecond(number) => number,
        };
        loop {
            let pause = -(1.0 - self.fraction()).ln() * SECOND / per_second;
            let next = self.now + pause as u64;
            if next >= end {
                self.pass(end);
                return;
            }
            self.pass(next);
            self.arrive();
        }
    }

    /// The mean limit over the next three seconds, measurements aside.
    pub(crate) fn settled(&mut self, load: Load) -> u64 {
        self.settled_with(|server| server.run(3_000_000_000, load))
    }

    /// The mean limit while `run` lets time pass, measurements aside.
    pub(crate) fn settled_with(&mut self, run: impl FnOnce(&mut Self)) -> u64 {
        self.limits = (0, 0);
        run(self);
        self.limits.0 / self.limits.1.max(1)
    }

    /// Lets so many nanoseconds pass, with so many clients that ask again a millisecond after they were answered or refused.
    pub(crate) fn run_crowd(&mut self, nanos: u64, clients: u64) {
        const STEP: u64 = 1_000_000;
        let end = self.now + nanos;
        while self.now < end {
            let away = clients.saturating_sub(self.in_flight());
            (0..away).for_each(|_| self.arrive());
            self.pass(self.now + STEP);
        }
    }

    /// Moves time on: answers go out, and the limit is told.
    fn pass(&mut self, to: u64) {
        while self.tick_at <= to {
            let tick = self.tick_at;
            self.answer(tick);
            self.limit.advance(tick, self.in_flight(), self.totals);
            if !self.limit.is_measuring() {
                self.limits = (self.limits.0 + self.limit.limit(), self.limits.1 + 1);
            }
            self.tick_at += TICK;
        }
        self.answer(to);
        self.now = to;
    }

    fn answer(&mut self, now: u64) {
        while let Some((done, came)) = pop_until(&mut self.failed, now) {
            self.count(Ended::Unanswered, done - came);
        }
        while let Some((done, came)) = pop_until(&mut self.served, now) {
            self.count(Ended::Answered(200), done - came);
            self.serve(done);
        }
    }

    fn count(&mut self, ended: Ended, took: u64) {
        if let Some(latency) = sample(ended, took, self.limit.bounds()) {
            self.totals.samples += 1;
            self.totals.latency += latency;
        }
    }

    /// Gives places that are free to those who wait longest.
    fn serve(&mut self, now: u64) {
        while (self.served.len() as u64) < self.places {
            let Some(came) = self.queue.pop_front() else { return };
            // From half to one and a half times.
            let takes = (self.service as f64 * (0.5 + self.fraction())) as u64;
            self.served.push(Reverse((now + takes, came)));
        }
    }

    fn in_flight(&self) -> u64 {
        (self.served.len() + self.queue.len() + self.failed.len()) as u64
    }

    fn arrive(&mut self) {
        let found = self.in_flight();
        let pressed = found >= self.limit.limit();
        self.totals.arrivals += 1;
        self.totals.seen += found;
        self.totals.pressed += u64::from(pressed);
        if pressed {
            self.refused += 1;
        } else if self.number() % 100 < self.failing {
            let takes = if self.hang { 20 * self.service } else { 1_000 };
            self.failed.push(Reverse((self.now + takes, self.now)));
        } else {
            self.queue.push_back(self.now);
            self.serve(self.now);
        }
    }

    fn number(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1, without 1.
    fn fraction(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn pop_until(heap: &mut BinaryHeap<Reverse<(u64, u64)>>, now: u64) -> Option<(u64, u64)> {
    let Reverse((done, _)) = heap.peek()?;
    if *done > now {
        return None;
    }
    heap.pop().map(|Reverse(entry)| entry)
}
