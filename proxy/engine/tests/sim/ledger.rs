//! What an all-seeing observer writes down about each exchange, and the rules that one entry must keep.

use supplex_engine::config;
use supplex_engine::exchange::{Exchange, Outcome};
use supplex_engine::http1::Method;
use supplex_engine::reason::Reason;

use crate::schedule::TICK;

/// An exchange's position in the ledger.
pub(crate) type ExchangeId = usize;

/// How an exchange ended for the client.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum End {
    Response,
    Reply(Reason),
    Cut,
}

/// What the client asked for, and what its route allows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) has_body: bool,
    /// It has a key, and the route says that this makes it repeatable.
    pub(crate) keyed: bool,
    /// The most retries.
    pub(crate) max: u32,
}

/// One exchange, as seen from outside.
pub(crate) struct Entry {
    pub(crate) client: usize,
    pub(crate) asked: Asked,
    pub(crate) deadline: u64,
    /// Bytes of a final response went to the client.
    pub(crate) answered: bool,
    /// The client closed its connection.
    pub(crate) left: bool,
    pub(crate) end: Option<End>,
    /// The endpoints that really got the request.
    pub(crate) reached: Vec<usize>,
}

/// All exchanges of a world.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) entries: Vec<Entry>,
    /// Requests of routes that retry, and the retries that were made of them.
    retrying: u64,
    pub(crate) retries: u64,
    pub(crate) totals: Totals,
}

impl Ledger {
    pub(crate) fn open(&mut self, client: usize, asked: Asked, deadline: u64) -> ExchangeId {
        self.retrying += u64::from(asked.max > 0);
        let (answered, left, end, reached) = (false, false, None, Vec::new());
        self.entries.push(Entry { client, asked, deadline, answered, left, end, reached });
        self.entries.len() - 1
    }

    /// An endpoint got the request.
    pub(crate) fn reaches(&mut self, exchange: ExchangeId, endpoint: usize) {
        let entry = &mut self.entries[exchange];
        entry.reached.push(endpoint);
        let asked = entry.asked;
        let again = if asked.method.is_idempotent() || asked.keyed { 1 + asked.max } else { 0 };
        assert!(entry.reached.len() <= 1 + again as usize, "{asked:?} reached {:?}", entry.reached);
    }

    /// A retry is charged to the budget.
    pub(crate) fn charged(&mut self, budget: config::RetryBudget, now: u64) {
        self.retries += 1;
        // Worlds that last longer forget requests, which is looked at by the properties.
        if now < 10_000_000_000 {
            let most = self.retrying * u64::from(budget.per_thousand) + 10_000 * u64::from(budget.min_per_second);
            assert!(self.retries * 1_000 <= most, "{} retries of {} requests", self.retries, self.retrying);
        }
    }

    /// Bytes of a final response go to the client.
    pub(crate) fn answers(&mut self, exchange: ExchangeId) {
        let entry = &mut self.entries[exchange];
        assert_eq!(entry.end, None, "a response after the end");
        entry.answered = true;
    }

    /// The exchange is over for the client.
    pub(crate) fn close(&mut self, id: ExchangeId, end: End, now: u64, exchange: &Exchange) {
        let entry = &mut self.entries[id];
        assert_eq!(entry.end, None, "ended twice, now as {end:?}");
        assert!(now <= entry.deadline + TICK, "{} ns after its deadline", now - entry.deadline);
        match (end, exchange.outcome()) {
            (End::Response, Some(Outcome::Forwarded)) => assert!(entry.answered),
            (End::Reply(given), Some(Outcome::Replied(reason))) if given == reason => {
                assert!(!entry.answered, "a reply into a response");
            }
            (End::Cut, Some(Outcome::Cut(_))) => {
                assert!(entry.answered || entry.left, "cut without need: the client could have been told");
            }
            (end, outcome) => panic!("{end:?} does not fit {outcome:?}"),
        }
        assert!(exchange.retries() <= entry.asked.max, "a retry nobody asked for");
        assert!(exchange.attempts() <= 2 + exchange.retries(), "an attempt nobody allowed");
        entry.end = Some(end);
        self.totals.count(end, exchange);
    }
}

/// How often what happened; all of it must happen for the simulation to mean something.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Totals {
    responses: u64,
    cuts: u64,
    replies_connect: u64,
    replies_reset: u64,
    replies_timeout: u64,
    replies_malformed: u64,
    replies_body: u64,
    retries: u64,
    retried_responses: u64,
    pub(crate) held_back: u64,
    pub(crate) unavailable: u64,
    pub(crate) exhausted: u64,
    pub(crate) pooled_attempts: u64,
    pub(crate) stale_closes: u64,
    pub(crate) evictions: u64,
    pub(crate) expiries: u64,
}

impl Totals {
    fn count(&mut self, end: End, exchange: &Exchange) {
        self.retries += u64::from(exchange.retried());
        match end {
            End::Response => {
                self.responses += 1;
                self.retried_responses += u64::from(exchange.retried());
            }
            End::Cut => self.cuts += 1,
            End::Reply(Reason::UpstreamConnect) => self.replies_connect += 1,
            End::Reply(Reason::UpstreamReset) => self.replies_reset += 1,
            End::Reply(Reason::UpstreamTimeout) => self.replies_timeout += 1,
            End::Reply(Reason::UpstreamMalformed) => self.replies_malformed += 1,
            End::Reply(Reason::BodyTooLarge) => self.replies_body += 1,
            End::Reply(reason) => panic!("nothing here causes {reason:?}"),
        }
    }

    /// Every count with its name.
    pub(crate) fn all(&self) -> [(&'static str, u64); 16] {
        [
            ("a response", self.responses),
            ("a cut", self.cuts),
            ("a failed connect", self.replies_connect),
            ("a reset", self.replies_reset),
            ("a timeout", self.replies_timeout),
            ("a malformed answer", self.replies_malformed),
            ("a bad body", self.replies_body),
            ("a retry", self.retries),
            ("a retry that worked", self.retried_responses),
            ("a response held back", self.held_back),
            ("a 503 passed on", self.unavailable),
            ("a spent budget", self.exhausted),
            ("an attempt on a pooled connection", self.pooled_attempts),
            ("the close of an idle connection by its endpoint", self.stale_closes),
            ("an eviction from a pool", self.evictions),
            ("the expiry of an idle connection", self.expiries),
        ]
    }

    pub(crate) fn add(&mut self, other: &Totals) {
        self.responses += other.responses;
        self.cuts += other.cuts;
        self.replies_connect += other.replies_connect;
        self.replies_reset += other.replies_reset;
        self.replies_timeout += other.replies_timeout;
        self.replies_malformed += other.replies_malformed;
        self.replies_body += other.replies_body;
        self.retries += other.retries;
        self.retried_responses += other.retried_responses;
        self.held_back += other.held_back;
        self.unavailable += other.unavailable;
        self.exhausted += other.exhausted;
        self.pooled_attempts += other.pooled_attempts;
        self.stale_closes += other.stale_closes;
        self.evictions += other.evictions;
        self.expiries += other.expiries;
    }
}
