//! What an all-seeing observer writes down about each exchange, and the laws that one entry must keep.

use std::collections::BTreeMap;

use supplex_engine::config::{self, BreakerMode};
use supplex_engine::exchange::{Exchange, Outcome};
use supplex_engine::http1::Method;
use supplex_engine::reason::Reason;

use super::clock::{Place, SECOND, TICK};
use super::meters::Meters;
use super::report::Totals;

/// How an exchange ended for its client.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub(crate) enum End {
    /// A response of the upstream with this status.
    Response(u16),
    /// A reply of the gateway itself.
    Reply(Reason2),
    /// The connection was closed without a whole response.
    Cut,
}

/// A reason as its number, because it must be hashed.
#[derive(Clone, Copy, Hash, PartialEq, Eq)]
pub(crate) struct Reason2(usize);

impl From<Reason> for Reason2 {
    fn from(reason: Reason) -> Self {
        Self(reason as usize)
    }
}

impl Reason2 {
    pub(crate) fn word(self) -> &'static str {
        supplex_engine::reason::ALL[self.0].word
    }

    pub(crate) fn is(self, reason: Reason) -> bool {
        self.0 == reason as usize
    }
}

impl std::fmt::Debug for Reason2 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// One exchange, as seen from outside.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) place: Place,
    pub(crate) route: usize,
    pub(crate) method: Method,
    pub(crate) deadline: u64,
    /// The most retries.
    pub(crate) most: u32,
    /// Endpoints that got the request.
    pub(crate) reached: Vec<usize>,
    pub(crate) left: bool,
    pub(crate) end: Option<End>,
}

/// The budget of one worker and upstream, counted a second time.
#[derive(Debug, Default)]
struct Budget {
    /// Requests and retries by second.
    seconds: BTreeMap<u64, (u64, u64)>,
}

impl Budget {
    fn last_ten(&mut self, now: u64) -> (u64, u64) {
        let first = (now / SECOND).saturating_sub(9);
        self.seconds.range(first..).fold((0, 0), |sum, (_, count)| (sum.0 + count.0, sum.1 + count.1))
    }
}

/// Everything the observer knows.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) entries: Vec<Entry>,
    pub(crate) meters: Meters,
    pub(crate) totals: Totals,
    budgets: BTreeMap<(Place, usize), Budget>,
    /// When the last fault is over.
    pub(crate) healed_at: u64,
    /// When limits must be exact again after the last fault, and when nothing of it may be left at all.
    pub(crate) limits_settled_at: u64,
    pub(crate) settled_at: u64,
}

impl Ledger {
    pub(crate) fn new(healed_at: u64, limits_settled_at: u64, settled_at: u64) -> Self {
        Self { healed_at, limits_settled_at, settled_at, ..Self::default() }
    }

    pub(crate) fn open(&mut self, entry: Entry) -> usize {
        self.entries.push(entry);
        self.entries.len() - 1
    }

    /// A request that may be retried is charged to the budget.
    pub(crate) fn budget_request(&mut self, place: Place, upstream: usize, now: u64) {
        self.budgets.entry((place, upstream)).or_default().seconds.entry(now / SECOND).or_default().0 += 1;
    }

    /// The budget allowed a retry.
    pub(crate) fn budget_retry(
        &mut self,
        place: Place,
        upstream: usize,
        rule: config::RetryBudget,
        workers: usize,
        now: u64,
    ) {
        let budget = self.budgets.entry((place, upstream)).or_default();
        budget.seconds.entry(now / SECOND).or_default().1 += 1;
        let ((requests, retries), workers) = (budget.last_ten(now), workers as u64);
        let most = requests * u64::from(rule.per_thousand) * workers + 10_000 * u64::from(rule.min_per_second);
        assert!(retries * 1000 * workers <= most, "{retries} retries of {requests} requests");
    }

    /// An attempt sends the request to an endpoint.
    pub(crate) fn reaches(&mut self, exchange: usize, site: usize) {
        let entry = &mut self.entries[exchange];
        assert!(entry.end.is_none(), "an attempt after the end of exchange {exchange}");
        entry.reached.push(site);
        // One more than the route allows, for a stale connection.
        let most = if entry.method.is_idempotent() { 2 + entry.most as usize } else { 1 };
        assert!(entry.reached.len() <= most, "exchange {exchange} reached {:?}", entry.reached);
    }

    /// The exchange is over for its client. `resumed` is when its worker last came back from a pause.
    pub(crate) fn close(&mut self, id: usize, end: End, exchange: Option<&Exchange>, resumed: u64, now: u64) {
        let settled = now >= self.settled_at;
        let entry = &mut self.entries[id];
        assert!(entry.end.is_none(), "exchange {id} ended twice: {:?}, then {end:?}", entry.end);
        let latest = entry.deadline.max(resumed) + TICK;
        assert!(now <= latest, "exchange {id} ended {} us too late", (now - latest) / 1000);
        if let Some(exchange) = exchange {
            match (end, exchange.outcome()) {
                (End::Response(_), Some(Outcome::Forwarded)) => {}
                (End::Reply(reason), Some(Outcome::Replied(known))) if reason.is(known) => {}
                (End::Cut, Some(Outcome::Cut(_))) => {}
                (end, outcome) => panic!("{end:?} does not fit {outcome:?}"),
            }
            assert!(exchange.retries() <= entry.most, "a retry nobody asked for");
            assert!(exchange.attempts() <= 2 + exchange.retries(), "an attempt nobody allowed");
        }
        entry.end = Some(end);
        let fine = matches!(end, End::Response(200)) || entry.left;
        assert!(fine || entry.route == 0, "the bystander's exchange {id} paid for others: {end:?}");
        // A crowd is no fault; whether there really was one is looked at in `gate.rs`.
        let crowd = [Reason::LimitExceeded, Reason::UpstreamBusy, Reason::UpstreamQueueTimeout];
        let crowded = matches!(end, End::Reply(reason) if crowd.iter().any(|one| reason.is(*one)));
        assert!(fine || crowded || !settled, "all is well, and exchange {id} ended with {end:?}");
        self.totals.end(end, entry.route, entry.reached.len());
    }

    /// What must be left when all is over: nothing.
    pub(crate) fn check_end(&self) {
        for (id, entry) in self.entries.iter().enumerate() {
            assert!(entry.end.is_some(), "exchange {id} never ended: {entry:?}");
        }
    }
}

/// Whether a breaker with these settings refuses.
pub(crate) fn enforces(upstream: &config::Upstream) -> bool {
    upstream.breaker.is_some_and(|breaker| breaker.mode == BreakerMode::Enforce)
}
