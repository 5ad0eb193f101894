//! Where a breaker stands, and how it gets from there to elsewhere. Pure: `shared.rs` does the comparing and exchanging.
//!
//! Each change begins a new epoch, so that a result can be told from one of an attempt that began before the change.

mod packed;

use super::rules::Rules;

/// How often in a row an opening is counted; the time in between has stopped to grow by then.
pub const LEVEL_MOST: u8 = 5;

/// A breaker at one moment. Times are milliseconds of the process's clock.
///
/// ```text
///             trip (a ratio, or failures to connect in a row)           time is up, and somebody comes
///  ┌────────┐ ──────────────────────────────────────────▶ ┌──────┐ ─────────────────────────────────▶ ┌──────────┐
///  │ Closed │                                             │ Open │                                    │ HalfOpen │─┐
///  └────────┘ ◀─────────────┐                             └──────┘ ◀───────────────────────────────── └──────────┘ │
///                           │                                        a probe fails: longer than before  │   ▲      │
///                           └─────────────────────────────────────────── every probe succeeded ─────────┘   └──────┘
///                                                                                             a round that takes too
///  force(open), force(closed): from anywhere to ForcedOpen, ForcedClosed                      long begins anew
///  force(auto): from there to Closed
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// What it does.
    pub phase: Phase,
    /// Counts the changes, modulo 65536.
    pub epoch: u16,
    /// How often in a row it opened; 0 when it never did or has been well since.
    pub level: u8,
    /// Why it opened last.
    pub cause: Option<Cause>,
}

/// What a breaker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Lets everything through, and counts.
    Closed {
        /// Since when.
        since: u64,
    },
    /// Lets nothing through.
    Open {
        /// From then on the next attempt is a probe.
        until: u64,
    },
    /// Lets as many attempts through as there are probes.
    HalfOpen {
        /// When the round began, in whole seconds.
        began: u64,
        /// Probes let through.
        admitted: u8,
        /// Probes that succeeded.
        succeeded: u8,
    },
    /// Lets nothing through until told otherwise.
    ForcedOpen,
    /// Lets everything through until told otherwise.
    ForcedClosed,
}

/// Why a breaker opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// `error_ratio` was reached.
    ErrorRatio,
    /// `slow_ratio` was reached.
    SlowRatio,
    /// `connect_failures` in a row.
    Connect,
    /// A probe failed or was slow.
    ProbeFailed,
    /// Somebody wanted it so.
    Forced,
}

impl Cause {
    /// The word for people and metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Cause::ErrorRatio => "error_ratio",
            Cause::SlowRatio => "slow_ratio",
            Cause::Connect => "connect",
            Cause::ProbeFailed => "probe_failed",
            Cause::Forced => "forced",
        }
    }
}

/// What an operator can want of a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// Let nothing through.
    Open,
    /// Let everything through.
    Closed,
    /// Decide by itself again, beginning closed.
    Auto,
}

/// A change of a breaker: where to, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// To open.
    Opened(Cause),
    /// To half-open, because its time was up.
    HalfOpened,
    /// To closed, because every probe succeeded.
    Recovered,
    /// To closed, because somebody wanted it so.
    ForcedClosed,
}

impl Move {
    /// Every move.
    pub const ALL: [Move; 8] = [
        Move::Opened(Cause::ErrorRatio),
        Move::Opened(Cause::SlowRatio),
        Move::Opened(Cause::Connect),
        Move::Opened(Cause::ProbeFailed),
        Move::Opened(Cause::Forced),
        Move::HalfOpened,
        Move::Recovered,
        Move::ForcedClosed,
    ];

    /// Its place in [`Move::ALL`].
    #[must_use]
    pub fn number(self) -> usize {
        match self {
            Move::Opened(cause) => cause as usize,
            Move::HalfOpened => 5,
            Move::Recovered => 6,
            Move::ForcedClosed => 7,
        }
    }

    /// The words for metrics: where to, and why.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Move::Opened(cause) => ("open", cause.word()),
            Move::HalfOpened => ("half_open", "waited"),
            Move::Recovered => ("closed", "probes_succeeded"),
            Move::ForcedClosed => ("closed", "forced"),
        }
    }
}

/// What becomes of an attempt that wants to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It may be made.
    Pass,
    /// It may be made as a probe, once the breaker is in this state.
    Probe(State),
    /// It must not be made.
    Refuse,
    /// Ask again once the breaker is in this state.
    After(State),
}

/// What a probe has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The endpoint is well.
    Success,
    /// It is not.
    Failure,
    /// Nothing: the client left, or the gateway broke off.
    Nothing,
}

impl State {
    /// A breaker that knows nothing yet.
    #[must_use]
    pub fn new(now: u64) -> Self {
        Self { phase: Phase::Closed { since: now }, epoch: 0, level: 0, cause: None }
    }

    /// What becomes of an attempt at this moment.
    #[must_use]
    pub fn admit(self, now: u64, rules: &Rules) -> Admission {
        match self.phase {
            Phase::Closed { .. } | Phase::ForcedClosed => Admission::Pass,
            Phase::ForcedOpen => Admission::Refuse,
            Phase::Open { until } if now < until => Admission::Refuse,
            Phase::Open { .. } => Admission::Probe(self.probing(now)),
            // Fewer probes are wanted than when the round began.
            Phase::HalfOpen { succeeded, .. } if succeeded >= rules.probes => Admission::After(self.closed(now)),
            Phase::HalfOpen { began, admitted, succeeded } if admitted < rules.probes => {
                let phase = Phase::HalfOpen { began, admitted: admitted + 1, succeeded };
                Admission::Probe(Self { phase, ..self })
            }
            Phase::HalfOpen { began, .. } if rules.is_stale(packed::seconds_since(began, now)) => {
                Admission::Probe(self.probing(now))
            }
            Phase::HalfOpen { .. } => Admission::Refuse,
        }
    }

    /// The state after a probe of this epoch; `None` when it does not matter any more.
    #[must_use]
    pub fn after_probe(self, epoch: u16, shown: Shown, now: u64, random: u64, rules: &Rules) -> Option<Self> {
        let Phase::HalfOpen { began, admitted, succeeded } = self.phase else { return None };
        if self.epoch != epoch {
            return None;
        }
        let stay = |admitted, succeeded| Self { phase: Phase::HalfOpen { began, admitted, succeeded }, ..self };
        Some(match shown {
            Shown::Failure => self.opened(Cause::ProbeFailed, self.level + 1, now, random, rules),
            Shown::Success if succeeded + 1 >= rules.probes => self.closed(now),
            Shown::Success => stay(admitted, succeeded + 1),
            Shown::Nothing => stay(admitted.saturating_sub(1), succeeded),
        })
    }

    /// The state after a trip by what was counted in this epoch; `None` when it does not matter any more.
    #[must_use]
    pub fn tripped(self, epoch: u16, cause: Cause, now: u64, random: u64, rules: &Rules) -> Option<Self> {
        let Phase::Closed { since } = self.phase else { return None };
        if self.epoch != epoch {
            return None;
        }
        // Well for as long as it was open last: that was another illness.
        let well = self.level == 0 || now.saturating_sub(since) >= rules.delay(self.level);
        let level = if well { 1 } else { self.level + 1 };
        Some(self.opened(cause, level, now, random, rules))
    }

    /// The state that an operator wants.
    #[must_use]
    pub fn forced(self, force: Force, now: u64) -> Option<Self> {
        let next = |phase, cause| Self { phase, epoch: self.epoch.wrapping_add(1), level: 0, cause };
        match (force, self.phase) {
            (Force::Open, Phase::ForcedOpen) | (Force::Closed, Phase::ForcedClosed) => None,
            (Force::Open, _) => Some(next(Phase::ForcedOpen, Some(Cause::Forced))),
            (Force::Closed, _) => Some(next(Phase::ForcedClosed, self.cause)),
            (Force::Auto, Phase::ForcedOpen | Phase::ForcedClosed) => {
                Some(next(Phase::Closed { since: now }, self.cause))
            }
            (Force::Auto, _) => None,
        }
    }

    /// When it lets somebody through again: now if it does, `None` if nobody knows.
    #[must_use]
    pub fn lets_through_at(self, now: u64) -> Option<u64> {
        match self.phase {
            Phase::Closed { .. } | Phase::ForcedClosed | Phase::HalfOpen { .. } => Some(now),
            Phase::Open { until } => Some(until.max(now)),
            Phase::ForcedOpen => None,
        }
    }

    fn probing(self, now: u64) -> Self {
        let phase = Phase::HalfOpen { began: packed::second(now), admitted: 1, succeeded: 0 };
        Self { phase, epoch: self.epoch.wrapping_add(1), ..self }
    }

    fn closed(self, now: u64) -> Self {
        Self { phase: Phase::Closed { since: now }, epoch: self.epoch.wrapping_add(1), ..self }
    }

    fn opened(self, cause: Cause, level: u8, now: u64, random: u64, rules: &Rules) -> Self {
        let level = level.min(LEVEL_MOST);
        let phase = Phase::Open { until: now.saturating_add(rules.jittered(level, random)) };
        Self { phase, epoch: self.epoch.wrapping_add(1), level, cause: Some(cause) }
    }
}

#[cfg(test)]
mod tests;
