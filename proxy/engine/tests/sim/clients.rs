//! Clients: each sends a few requests one after the other, loses patience, or sends a body that breaks the rules.

use supplex_engine::http1::Method;

use crate::ledger::{End, ExchangeId};
use crate::random::Random;
use crate::schedule::{Event, MILLISECOND, Schedule};

/// How many requests each client has left.
pub(crate) struct Clients {
    left: Vec<u64>,
}

impl Clients {
    /// Some clients, who come one after the other.
    pub(crate) fn new(schedule: &mut Schedule, random: &mut Random) -> Self {
        let left: Vec<_> = (0..random.between(2, 12)).map(|_| random.between(1, 12)).collect();
        for client in 0..left.len() {
            schedule.after(random.between(0, 500) * MILLISECOND, Event::Request { client });
        }
        Self { left }
    }

    /// A method, and whether a body comes with it. Some have a key that makes them repeatable.
    pub(crate) fn request(&mut self, client: usize, random: &mut Random) -> (Method, bool) {
        self.left[client] -= 1;
        match random.between(0, 10) {
            0..6 => (Method::Get, false),
            6 => (Method::Put, true),
            7 => (Method::Delete, false),
            8 => (Method::Post, false),
            _ => (Method::Post, true),
        }
    }

    /// What the client does after the head of its request.
    pub(crate) fn go_on(&self, exchange: ExchangeId, has_body: bool, schedule: &mut Schedule, random: &mut Random) {
        if random.chance(5) {
            schedule.after(random.between(0, 200) * MILLISECOND, Event::ClientLeaves { exchange });
        }
        if !has_body {
            return;
        }
        let (pieces, bad) = (random.between(1, 5), random.chance(15));
        let mut delay = 0;
        for piece in 1..=pieces {
            delay += random.between(0, 20 * MILLISECOND);
            let last = piece == pieces;
            let event = if last && bad { Event::BadBody { exchange } } else { Event::Body { exchange, last } };
            schedule.after(delay, event);
        }
    }

    /// The client's exchange is over: it goes on, unless its connection was cut.
    pub(crate) fn exchange_over(&mut self, client: usize, end: End, schedule: &mut Schedule, random: &mut Random) {
        if end != End::Cut && self.left[client] > 0 {
            schedule.after(random.between(0, 100 * MILLISECOND), Event::Request { client });
        }
    }
}
