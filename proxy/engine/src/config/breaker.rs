//! A checked circuit breaker: when an endpoint is left alone, and how it comes back.

use std::time::Duration;

use super::Ratio;

/// The `[upstreams.NAME.breaker]` table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker {
    /// Over how long results are counted; at least 100 ms.
    pub window: Duration,
    /// Fewer results than this within the window, over all workers, never open by a ratio. At least 1.
    pub min_requests: u32,
    /// Opens at this share of failures.
    pub error_ratio: Ratio,
    /// An answer that takes longer is slow.
    pub slow_after: Duration,
    /// Opens at this share of slow answers.
    pub slow_ratio: Ratio,
    /// How long it stays open the first time.
    pub open_for: Duration,
    /// How many attempts are let through in half-open; 1 to 100.
    pub probes: u8,
    /// Opens after so many failures to connect in a row; at least 1.
    pub connect_failures: u32,
    /// How long the endpoint takes to come back to its whole share; `None`: it has it at once.
    pub return_over: Option<Duration>,
    /// Whether refusals are carried out.
    pub mode: BreakerMode,
}

/// Whether refusals are carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerMode {
    /// They are.
    Enforce,
    /// The breaker opens and closes and shows it, but refuses nothing.
    Shadow,
    /// Nothing is counted.
    Off,
}
