//! The blocks: which numbers a worker keeps per listener, route, upstream and endpoint, and for itself.
//!
//! Each block is one piece of memory that shares no cache line with another: the blocks of all workers are made by the
//! same thread, side by side, and a line that two workers write to would travel between their CPUs at every request.

use std::sync::atomic::{AtomicU32, Ordering};

use super::histogram::{DURATION_BOUNDS, OVERHEAD_BOUNDS};
use super::{ConcurrencyBlock, Counter, Gauge, Histogram};
use crate::http1::Method;
use crate::reason::{self, Reason};

/// What a worker counts about itself.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct WorkerBlock {
    /// Client connections held now.
    pub connections: Gauge,
    /// Sockets that accept; 0 says that this worker hands no more connections to others.
    pub listening: Gauge,
    /// Accepted sockets handed to another worker.
    pub handoffs: Counter,
    /// Passes of the loop that took over 100 ms.
    pub stalls: Counter,
    /// Messages that could not be left for another worker because its mailbox was full; their sender kept the work.
    pub link_drops: Counter,
    /// Exchanges given up because of a panic.
    pub panics: Counter,
    /// Nanoseconds spent working since the start.
    pub busy_nanos: Counter,
    /// Nanoseconds spent waiting for the kernel since the start.
    pub idle_nanos: Counter,
    /// Access log lines dropped.
    pub log_drops: Counter,
    /// Spans dropped because the exporter was behind.
    pub span_drops: Counter,
    /// The generation and resolution this worker runs.
    pub generation: Gauge,
    /// See [`WorkerBlock::generation`].
    pub resolution: Gauge,
    /// Upstream connections held idle in pools.
    pub pooled: Gauge,
    /// Buffers of the receive pool that are allocated.
    pub buffers: Gauge,
}

/// What a worker counts per listener.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct ListenerBlock {
    /// Connections accepted.
    pub accepted: Counter,
    /// Connections held that are between requests.
    pub idle: Gauge,
    /// Connections held that are within an exchange or a tunnel.
    pub active: Gauge,
    /// Connections refused because of `max_connections`.
    pub refused: Counter,
}

/// What a worker counts per route. Requests that match none have a block too.
#[derive(Debug)]
#[repr(align(128))]
pub struct RouteBlock {
    /// Responses by method and status code.
    pub responses: CodeTable,
    /// Durations of whole exchanges.
    pub duration: Histogram,
    /// The gateway's own share.
    pub overhead: Histogram,
    /// Local replies by reason.
    local: [Counter; reason::ALL.len()],
}

impl Default for RouteBlock {
    fn default() -> Self {
        Self {
            responses: CodeTable::default(),
            duration: Histogram::new(DURATION_BOUNDS),
            overhead: Histogram::new(OVERHEAD_BOUNDS),
            local: std::array::from_fn(|_| Counter::default()),
        }
    }
}

impl RouteBlock {
    /// The local replies for `reason`.
    #[must_use]
    pub fn local(&self, reason: Reason) -> &Counter {
        &self.local[reason as usize]
    }
}

/// What a worker counts per upstream.
#[derive(Debug)]
#[repr(align(128))]
pub struct UpstreamBlock {
    /// From sending an attempt to the end of its response head.
    pub duration: Histogram,
    /// Exchanges with more than one attempt that got a response.
    pub retried: Counter,
    /// Exchanges with more than one attempt that failed all the same.
    pub retry_failed: Counter,
    /// Retries that were not made because the budget was spent.
    pub retry_exhausted: Counter,
    /// What became of second attempts beside a first.
    hedges: [Counter; HedgeResult::ALL.len()],
    /// Exchanges in flight in this worker.
    pub in_flight: Gauge,
    /// Exchanges that wait in this worker for their turn.
    pub waiting: Gauge,
    /// Requests that the retry budget counts now, as of the last look (once a second).
    pub budget_requests: Gauge,
    /// Retries that the retry budget counts now, as of the last look.
    pub budget_retries: Gauge,
    /// 1 while this worker uses all endpoints, because too few of them are well.
    pub panicking: Gauge,
    /// What the limit on what is in flight goes by.
    pub concurrency: ConcurrencyBlock,
}

impl Default for UpstreamBlock {
    fn default() -> Self {
        Self {
            duration: Histogram::new(DURATION_BOUNDS),
            retried: Counter::default(),
            retry_failed: Counter::default(),
            retry_exhausted: Counter::default(),
            hedges: Default::default(),
            in_flight: Gauge::default(),
            waiting: Gauge::default(),
            budget_requests: Gauge::default(),
            budget_retries: Gauge::default(),
            panicking: Gauge::default(),
            concurrency: ConcurrencyBlock::default(),
        }
    }
}

impl UpstreamBlock {
    /// The second attempts that ended so.
    #[must_use]
    pub fn hedges(&self, result: HedgeResult) -> &Counter {
        &self.hedges[result as usize]
    }
}

/// What became of a second attempt beside a first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum HedgeResult {
    /// It answered first, or the first attempt failed.
    Won,
    /// The first attempt answered first.
    Lost,
    /// It failed.
    Failed,
    /// The exchange was over before either answered.
    Cancelled,
    /// It was not made because the budget was spent.
    BudgetExhausted,
}

impl HedgeResult {
    /// Every result with its label.
    pub const ALL: [(HedgeResult, &'static str); 5] = [
        (HedgeResult::Won, "won"),
        (HedgeResult::Lost, "lost"),
        (HedgeResult::Failed, "failed"),
        (HedgeResult::Cancelled, "cancelled"),
        (HedgeResult::BudgetExhausted, "budget_exhausted"),
    ];
}

/// How an attempt at an endpoint ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AttemptResult {
    /// A response head below 500 arrived.
    Success,
    /// A response head of 500 or above arrived.
    ServerError,
    /// No connection could be made.
    Connect,
    /// The connection ended before a response head.
    Reset,
    /// No response head in time.
    Timeout,
    /// The response could not be parsed.
    Malformed,
    /// The client left first.
    Cancelled,
}

impl AttemptResult {
    /// Every result with its label.
    pub const ALL: [(AttemptResult, &'static str); 7] = [
        (AttemptResult::Success, "success"),
        (AttemptResult::ServerError, "server_error"),
        (AttemptResult::Connect, "connect"),
        (AttemptResult::Reset, "reset"),
        (AttemptResult::Timeout, "timeout"),
        (AttemptResult::Malformed, "malformed"),
        (AttemptResult::Cancelled, "cancelled"),
    ];
}

/// What a worker counts per endpoint.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct EndpointBlock {
    results: [Counter; AttemptResult::ALL.len()],
    /// Attempts in flight.
    pub in_flight: Gauge,
    /// Idle pooled connections.
    pub pooled: Gauge,
    /// 1 while this worker has ejected the endpoint.
    pub ejected: Gauge,
    /// How often this worker has ejected it.
    pub ejections: Counter,
}

impl EndpointBlock {
    /// The attempts that ended so.
    #[must_use]
    pub fn results(&self, result: AttemptResult) -> &Counter {
        &self.results[result as usize]
    }
}

/// How many pairs of method and status code one route tells apart; what comes later counts as code 0 ("other").
const CODE_SLOTS: usize = 64;

/// Counts by method and status code. Pairs are added as they are first seen, by the one writer.
#[derive(Debug)]
pub struct CodeTable {
    slots: [(AtomicU32, Counter); CODE_SLOTS],
    other: Counter,
}

impl Default for CodeTable {
    fn default() -> Self {
        let slots = std::array::from_fn(|_| (AtomicU32::new(0), Counter::default()));
        Self { slots, other: Counter::default() }
    }
}

impl CodeTable {
    /// Counts one response.
    pub fn increment(&self, method: Method, code: u16) {
        // Codes are never 0, so 0 marks a free slot.
        let key = (u32::from(method as u8) << 16) | u32::from(code.max(1));
        for (slot, counter) in &self.slots {
            match slot.load(Ordering::Relaxed) {
                seen if seen == key => return counter.increment(),
                0 => {
                    counter.increment();
                    slot.store(key, Ordering::Release);
                    return;
                }
                _ => {}
            }
        }
        self.other.increment();
    }

    /// Every pair seen with its count; pairs beyond the table are one row without method and code.
    pub fn rows(&self) -> impl Iterator<Item = (Option<(Method, u16)>, u64)> + '_ {
        let seen = self.slots.iter().filter_map(|(slot, counter)| {
            let key = slot.load(Ordering::Acquire);
            let method = Method::ALL.get((key >> 16) as usize)?;
            (key != 0).then(|| (Some((*method, (key & 0xffff) as u16)), counter.get()))
        });
        seen.chain(Some((None, self.other.get())).filter(|(_, count)| *count > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_beyond_the_table_are_counted_as_other() {
        let table = CodeTable::default();
        for code in 100..100 + CODE_SLOTS as u16 + 6 {
            table.increment(Method::Get, code);
            table.increment(Method::Get, 100);
        }
        let rows: Vec<_> = table.rows().collect();
        assert_eq!(rows.len(), CODE_SLOTS + 1);
        assert_eq!(rows[0], (Some((Method::Get, 100)), CODE_SLOTS as u64 + 7));
        assert_eq!(rows[CODE_SLOTS], (None, 6));
    }
}
