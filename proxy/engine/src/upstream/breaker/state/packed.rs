//! A breaker's state in 64 bits, so that it changes as a whole or not at all.
//!
//! ```text
//!   63     61 60    58 57    55 54      39 38                                  0
//!  ┌─────────┬────────┬────────┬──────────┬────────────────────────────────────┐
//!  │ phase   │ cause  │ level  │ epoch    │ closed: since, open: until (ms)    │
//!  │         │        │        │          │ half-open: began (25 bits, s),     │
//!  │         │        │        │          │ admitted (7), succeeded (7)        │
//!  └─────────┴────────┴────────┴──────────┴────────────────────────────────────┘
//! ```
//!
//! 39 bits of milliseconds last for 17 years. The second in which a round of probes began wraps after a year, which is
//! long after the round.

use super::{Cause, Phase, State};

const PAYLOAD_BITS: u32 = 39;
const PAYLOAD_MOST: u64 = (1 << PAYLOAD_BITS) - 1;
const SECOND_BITS: u32 = 25;
const SECOND_MOST: u64 = (1 << SECOND_BITS) - 1;
const PROBE_BITS: u32 = 7;
const PROBE_MOST: u64 = (1 << PROBE_BITS) - 1;

const CAUSES: [Option<Cause>; 6] = [
    None,
    Some(Cause::ErrorRatio),
    Some(Cause::SlowRatio),
    Some(Cause::Connect),
    Some(Cause::ProbeFailed),
    Some(Cause::Forced),
];

/// The second of a moment, as a round of probes remembers it.
pub(super) fn second(now: u64) -> u64 {
    (now / 1000) & SECOND_MOST
}

/// Seconds from `began` to `now`; 0 when another worker's clock was ahead.
pub(super) fn seconds_since(began: u64, now: u64) -> u64 {
    let age = second(now).wrapping_sub(began) & SECOND_MOST;
    if age > SECOND_MOST / 2 { 0 } else { age }
}

impl State {
    /// The state as one word.
    #[must_use]
    pub fn pack(self) -> u64 {
        let (phase, payload) = match self.phase {
            Phase::Closed { since } => (0, since),
            Phase::Open { until } => (1, until),
            Phase::HalfOpen { began, admitted, succeeded } => {
                let probes = (u64::from(admitted).min(PROBE_MOST) << PROBE_BITS) | u64::from(succeeded).min(PROBE_MOST);
                (2, ((began & SECOND_MOST) << (2 * PROBE_BITS)) | probes)
            }
            Phase::ForcedOpen => (3, 0),
            Phase::ForcedClosed => (4, 0),
        };
        let cause = CAUSES.iter().position(|cause| *cause == self.cause).unwrap_or(0) as u64;
        let level = u64::from(self.level & 7);
        (phase << 61)
            | (cause << 58)
            | (level << 55)
            | (u64::from(self.epoch) << PAYLOAD_BITS)
            | payload.min(PAYLOAD_MOST)
    }

    /// The state of a word.
    #[must_use]
    pub fn unpack(word: u64) -> Self {
        let payload = word & PAYLOAD_MOST;
        let phase = match word >> 61 {
            0 => Phase::Closed { since: payload },
            1 => Phase::Open { until: payload },
            2 => Phase::HalfOpen {
                began: payload >> (2 * PROBE_BITS),
                admitted: ((payload >> PROBE_BITS) & PROBE_MOST) as u8,
                succeeded: (payload & PROBE_MOST) as u8,
            },
            3 => Phase::ForcedOpen,
            _ => Phase::ForcedClosed,
        };
        let cause = CAUSES.get((word >> 58 & 7) as usize).copied().flatten();
        Self { phase, epoch: (word >> PAYLOAD_BITS) as u16, level: (word >> 55 & 7) as u8, cause }
    }
}
