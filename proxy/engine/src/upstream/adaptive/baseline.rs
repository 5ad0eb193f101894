//! How long an upstream takes that is not loaded, as far as it is known.
//!
//! Lower latencies are believed sooner than higher ones, since load only ever adds. Higher ones are believed when they
//! were measured for the purpose, or very slowly while nobody is held back: slower than a queue grows.

use super::window::Seen;

/// With so many samples a mean has little noise left.
const MANY: f64 = 100.0;
/// What part of the way a lower mean of many samples moves it.
const DOWN: f64 = 0.2;

/// The baseline in nanoseconds, and when it was last seen to hold.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Baseline {
    nanos: Option<f64>,
    seen_at: Option<u64>,
}

impl Baseline {
    pub(super) fn get(&self) -> Option<f64> {
        self.nanos
    }

    /// It was measured.
    pub(super) fn measured(&mut self, nanos: f64, now: u64) {
        *self = Self { nanos: Some(nanos.max(1.0)), seen_at: Some(now) };
    }

    /// Better than nothing, until it is measured.
    pub(super) fn guess(&mut self, nanos: f64) {
        *self = Self { nanos: Some(nanos.max(1.0)), seen_at: None };
    }

    /// Whether it was never measured.
    pub(super) fn is_guess(&self) -> bool {
        self.seen_at.is_none()
    }

    /// It was seen with so little in flight that it is one.
    pub(super) fn holds(&mut self, now: u64) {
        self.seen_at = Some(now);
    }

    /// Whether it is so many nanoseconds since it was last seen to hold.
    pub(super) fn is_old(&self, age: u64, now: u64) -> bool {
        self.seen_at.is_none_or(|at| now.saturating_sub(at) >= age)
    }

    /// Learns from a window of ordinary traffic. `slowly`: the nanoseconds in which it would follow higher latencies.
    pub(super) fn follow(&mut self, seen: &Seen, tolerance: f64, slowly: u64, now: u64) {
        let Some(nanos) = self.nanos else { return };
        let noise = (seen.samples as f64 / MANY).min(1.0).powi(2);
        let part = if seen.latency < nanos {
            DOWN * noise
        } else if !seen.pressed && seen.latency <= tolerance * nanos {
            (seen.took as f64 / slowly.max(1) as f64).min(DOWN)
        } else {
            return;
        };
        self.nanos = Some((nanos + part * (seen.latency - nanos)).max(1.0));
        // A guess stays one: it may have been made when there was a queue already.
        self.seen_at = self.seen_at.map(|_| now);
    }
}
