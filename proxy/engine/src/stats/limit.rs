//! What a worker counts per rate limit: decisions, by who made them.

use super::Counter;

/// What was decided about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum LimitDecision {
    /// It passed.
    Admitted,
    /// It was refused.
    Refused,
    /// It would have been refused, but the limit is in shadow mode.
    Shadow,
}

/// On what ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum LimitSource {
    /// The store was asked.
    Store,
    /// The worker held a lease.
    Lease,
    /// The worker remembered a refusal.
    Remembered,
    /// The store did not answer: `on_store_error`.
    Fallback,
    /// The client is exempt.
    Exempt,
}

impl LimitDecision {
    /// Every decision with its label.
    pub const ALL: [(LimitDecision, &'static str); 3] =
        [(LimitDecision::Admitted, "admitted"), (LimitDecision::Refused, "refused"), (LimitDecision::Shadow, "shadow")];
}

impl LimitSource {
    /// Every ground with its label.
    pub const ALL: [(LimitSource, &'static str); 5] = [
        (LimitSource::Store, "store"),
        (LimitSource::Lease, "lease"),
        (LimitSource::Remembered, "remembered"),
        (LimitSource::Fallback, "fallback"),
        (LimitSource::Exempt, "exempt"),
    ];
}

/// What a worker counts per limit.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct LimitBlock {
    decisions: [[Counter; LimitSource::ALL.len()]; LimitDecision::ALL.len()],
}

impl LimitBlock {
    /// The decisions of this kind.
    #[must_use]
    pub fn decisions(&self, decision: LimitDecision, source: LimitSource) -> &Counter {
        &self.decisions[decision as usize][source as usize]
    }
}
