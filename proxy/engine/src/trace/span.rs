//! What an exchange remembers for its spans while it runs: its attempts, and what was decided on the way.
//!
//! All of it is of fixed capacity and is used again by the next exchange, because most of it is thrown away: whether spans
//! are kept is known only at the end. What does not fit is counted. Times are nanoseconds of the worker's clock.

use std::net::IpAddr;

use super::SpanId;
use crate::config::{LimitId, UpstreamId};
use crate::stats::block::AttemptResult;
use crate::stats::{LimitDecision, LimitSource};

/// The most attempts that are remembered: those that retries and a hedge make, and some for connections that were stale.
pub const ATTEMPTS_MOST: usize = 12;
/// The most events.
pub const EVENTS_MOST: usize = 16;
/// The most bytes of the host.
pub const HOST_MOST: usize = 255;

/// The memory of one exchange.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    attempts: Vec<Attempt>,
    events: Vec<Event>,
    missed_events: u32,
    host: Vec<u8>,
    client: Option<IpAddr>,
}

/// One try at one endpoint; a span of kind CLIENT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The id of its span, which the upstream was told as its parent.
    pub span: SpanId,
    /// Which upstream; `None` cannot be shown.
    pub upstream: Option<UpstreamId>,
    /// The position of the endpoint in the upstream's list.
    pub endpoint: u16,
    /// When it began.
    pub begun: u64,
    /// When it was over.
    pub ended: u64,
    /// How it ended; `None` when it was broken off before that was known.
    pub result: Option<AttemptResult>,
    /// The status of the response, if its head arrived.
    pub status: Option<u16>,
    /// Whether it went over a connection that was used before.
    pub pooled: bool,
    /// Whether it was made beside another that took long.
    pub hedge: bool,
    /// Whether the endpoint's breaker let it through as a probe.
    pub probe: bool,
}

/// Something that happened at one moment of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: u64,
    /// What.
    pub what: Happening,
}

/// What can happen to an exchange beside its attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A rate limit decided.
    Limit {
        /// Which.
        limit: LimitId,
        /// What it decided.
        decision: LimitDecision,
        /// On what ground.
        source: LimitSource,
    },
    /// The breakers of all endpoints that could be used are open.
    BreakersOpen {
        /// Of which upstream.
        upstream: Option<UpstreamId>,
    },
    /// The exchange goes on at the upstream of the route's fallback.
    FellBack {
        /// To which upstream.
        upstream: Option<UpstreamId>,
    },
    /// The wait for a place at the upstream is over.
    Queued {
        /// Nanoseconds it took.
        waited: u64,
    },
    /// A pause before a retry is over.
    Paused {
        /// Nanoseconds it took.
        waited: u64,
    },
}

impl Trail {
    /// An empty one with all the memory that it will ever have.
    #[must_use]
    pub fn new() -> Self {
        Self {
            attempts: Vec::with_capacity(ATTEMPTS_MOST),
            events: Vec::with_capacity(EVENTS_MOST),
            missed_events: 0,
            host: Vec::with_capacity(HOST_MOST),
            client: None,
        }
    }

    /// Forgets everything and notes whom a request came from and for which host.
    pub fn begin(&mut self, host: &[u8], client: Option<IpAddr>) {
        self.attempts.clear();
        self.events.clear();
        self.missed_events = 0;
        self.host.clear();
        self.host.extend_from_slice(host.get(..HOST_MOST).unwrap_or(host));
        self.client = client;
    }

    /// Adds an attempt that is over. One that does not fit has no span.
    pub fn add(&mut self, attempt: Attempt) {
        if self.attempts.len() < ATTEMPTS_MOST {
            self.attempts.push(attempt);
        }
    }

    /// Adds an event.
    pub fn note(&mut self, at: u64, what: Happening) {
        if self.events.len() < EVENTS_MOST {
            self.events.push(Event { at, what });
        } else {
            self.missed_events += 1;
        }
    }

    /// The attempts, in the order in which they ended.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// The events, in their order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// How many events did not fit.
    #[must_use]
    pub fn missed_events(&self) -> u32 {
        self.missed_events
    }

    /// The host that the client named, cut to [`HOST_MOST`] bytes.
    #[must_use]
    pub fn host(&self) -> &[u8] {
        &self.host
    }

    /// The client, if trusted proxies say that it is not the peer.
    #[must_use]
    pub fn client(&self) -> Option<IpAddr> {
        self.client
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(number: u64) -> Attempt {
        Attempt {
            span: SpanId::random(number),
            upstream: None,
            endpoint: 0,
            begun: number,
            ended: number + 1,
            result: Some(AttemptResult::Success),
            status: Some(200),
            pooled: false,
            hedge: false,
            probe: false,
        }
    }

    #[test]
    fn it_never_grows_and_counts_what_does_not_fit() {
        let mut trail = Trail::new();
        let capacities = |trail: &Trail| (trail.attempts.capacity(), trail.events.capacity(), trail.host.capacity());
        let before = capacities(&trail);
        for round in 0..3 {
            trail.begin(&[b'h'; 300], None);
            for number in 0..40 {
                trail.add(attempt(round * 100 + number + 1));
                trail.note(number, Happening::Queued { waited: number });
            }
            assert_eq!((trail.attempts().len(), trail.events().len()), (ATTEMPTS_MOST, EVENTS_MOST));
            assert_eq!((trail.missed_events(), trail.host().len()), (24, HOST_MOST));
            assert_eq!(trail.attempts()[0].span.number(), round * 100 + 1, "nothing of the last one is left");
        }
        assert_eq!(capacities(&trail), before);
    }
}
