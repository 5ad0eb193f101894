//! How much an upstream gets at once, found out from how long it takes: adaptive concurrency by gradient.
//!
//! An upstream that has more to do than it can do at once lets requests queue, and the time it takes grows with what is
//! in flight. So the time that it takes when it has little to do, the *baseline*, over the time that it takes now says by
//! how much there is too much in flight:
//!
//! ```text
//!   gradient = tolerance × baseline / recent         between 1/2 and 2
//!   limit    = gradient × limit + √(gradient × limit)
//! ```
//!
//! The formula is that of Envoy's gradient controller ("Adaptive Concurrency" in its documentation: `limit_new = gradient
//! × limit_old + headroom`, with the square root as headroom), the tolerance and the smoothing are those of
//! `Gradient2Limit` in Netflix's `concurrency-limits`. Where a server with `c` places is the bottleneck, the limit
//! settles a little above `tolerance × c` and the latency a little above `tolerance` times the baseline.
//!
//! What is different here: the latency of a window is a mean over all workers; the limit does not grow unless it is used;
//! and to measure the baseline anew the limit is halved for a moment, and once more until that does not make answers
//! come sooner, rather than lowered to its minimum. Where it settles, a quarter of it is enough to see the upstream without a
//! queue. Nothing is measured anew while nobody is held back; but what an upstream takes that has more than the minimum in
//! flight from the beginning is only a guess, which is checked once.
//!
//! `adaptive/sample.rs` says which attempts count, `adaptive/window.rs` adds them up, `adaptive/baseline.rs` keeps what is
//! measured. The shell's `worker/adaptive.rs` brings the numbers, `worker/admission.rs` keeps to the limit.

mod baseline;
mod sample;
mod window;

pub use sample::{Bounds, Ended, sample};
pub use window::Totals;

use crate::config;
use baseline::Baseline;
use window::{Seen, Window};

/// How far a window may move the limit, down and up: to the half, to the double.
const GRADIENT: (f64, f64) = (0.5, 2.0);
/// What part of the way to its new value the limit goes at a time, so that the noise of one window does little.
const SMOOTHING: f64 = 0.5;
/// Samples that a window needs to say anything.
const SAMPLES_LEAST: u64 = 10;
/// Samples that a new baseline needs.
const MEASURE_LEAST: u64 = 30;
/// Windows after which a measurement that gets nowhere is given up, and after which another one may follow it.
const PATIENCE: u64 = 20;
/// If halving what is in flight leaves less than this part of the latency, then there was a queue.
const FELL: f64 = 0.8;
/// A measured baseline that is so many times the former one may have been cut short.
const ROSE: f64 = 2.0;
/// Beyond so many times what is tolerated it makes no difference how long an attempt took.
const CLIPPED: f64 = 2.0;
/// Beyond so many times the former baseline it makes no difference when a new one is measured.
const MEASURED_MOST: f64 = 8.0;

/// The limit of one upstream, over all workers together.
#[derive(Clone, Debug)]
pub struct AdaptiveLimit {
    rules: Rules,
    /// Not rounded; what is in force is [`AdaptiveLimit::limit`].
    limit: f64,
    baseline: Baseline,
    /// The mean latency of the last window in nanoseconds.
    recent: Option<f64>,
    window: Window,
    phase: Phase,
    /// What the limit and the latency were when the measurement began.
    before: (f64, f64),
    /// The last latency of this measurement, and how often the limit was halved since its first.
    measured: Option<f64>,
    halvings: u32,
    /// How much of the latency before was left with half of that in flight.
    left: f64,
    /// After a measurement was given up, there is none before this time.
    rests_until: u64,
}

/// What it is about.
///
/// ```text
///            the baseline is old and                few enough                a while later
///   ┌──────┐ the limit is felt       ┌──────────┐   in flight   ┌──────────┐                ┌───────────┐
///   │Steady│ ──────────────────────▶ │ Draining │ ────────────▶ │ Settling │ ─────────────▶ │ Measuring │
///   └──────┘                         └──────────┘               └──────────┘                └───────────┘
///      ▲  ▲        it takes too long      │   ▲        the latency fell: there was a queue        │
///      │  └───────────────────────────────┘   └───────────────────────────────────────────────────┤
///      │                                          there is a new baseline, or it takes too long   │
///      └──────────────────────────────────────────────────────────────────────────────────────────┘
/// ```
///
/// In all but the first the limit in force is half of the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The limit follows the latencies.
    Steady,
    /// Waits until as much is in flight as half of the limit; gives up at this time.
    Draining { until: u64 },
    /// Waits until those have their answers that came when more was in flight.
    Settling { until: u64 },
    /// Measures the baseline; gives up at this time.
    Measuring { until: u64 },
}

/// The rules as numbers, in nanoseconds.
#[derive(Clone, Copy, Debug)]
struct Rules {
    min: f64,
    max: f64,
    window: u64,
    tolerance: f64,
    remeasure: u64,
}

impl Rules {
    fn new(rules: &config::Adaptive) -> Self {
        let nanos = |duration: std::time::Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let min = rules.min.max(1) as f64;
        Self {
            min,
            max: (rules.max as f64).max(min),
            window: nanos(rules.window).max(1),
            tolerance: rules.tolerance.times(),
            remeasure: nanos(rules.remeasure),
        }
    }
}

impl AdaptiveLimit {
    /// A limit of an upstream of which nothing is known yet. It begins with `max`: nobody is refused before there is a
    /// reason for it.
    #[must_use]
    pub fn new(rules: &config::Adaptive, totals: Totals, now: u64) -> Self {
        let rules = Rules::new(rules);
        Self {
            limit: rules.max,
            baseline: Baseline::default(),
            recent: None,
            window: Window::new(totals, now),
            phase: Phase::Steady,
            before: (rules.max, 0.0),
            measured: None,
            left: 1.0,
            halvings: 0,
            rests_until: 0,
            rules,
        }
    }

    /// Follows other rules from here on, and keeps what it has learned.
    pub fn set_rules(&mut self, rules: &config::Adaptive) {
        self.rules = Rules::new(rules);
        self.limit = self.limit.clamp(self.rules.min, self.rules.max);
    }

    /// The most in flight now: at least `min`, at most `max`.
    #[must_use]
    pub fn limit(&self) -> u64 {
        let limit = if self.phase == Phase::Steady { self.limit } else { (self.limit / 2.0).max(self.rules.min) };
        // Neither negative nor huge: between `min` and `max`.
        limit as u64
    }

    /// The latency of the upstream when it is not loaded, in nanoseconds.
    #[must_use]
    pub fn baseline(&self) -> Option<u64> {
        self.baseline.get().map(|nanos| nanos as u64)
    }

    /// The mean latency of the last window, in nanoseconds.
    #[must_use]
    pub fn recent(&self) -> Option<u64> {
        self.recent.map(|nanos| nanos as u64)
    }

    /// Between which latencies it makes a difference now how long an attempt took.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        let Some(baseline) = self.baseline.get() else { return Bounds::default() };
        if matches!(self.phase, Phase::Measuring { .. }) {
            return Bounds { slow: 0, most: (baseline * MEASURED_MOST) as u64 };
        }
        let tolerated = baseline * self.rules.tolerance;
        Bounds { slow: tolerated as u64, most: (tolerated * CLIPPED) as u64 }
    }

    /// Whether the limit is lowered for a moment, to measure the baseline.
    #[must_use]
    pub fn is_measuring(&self) -> bool {
        self.phase != Phase::Steady
    }

    /// Takes up what was counted since the last time. To be called often, some times in a window; `in_flight` is what is
    /// in flight at `now`, the totals are over all workers.
    pub fn advance(&mut self, now: u64, in_flight: u64, totals: Totals) {
        match self.phase {
            Phase::Steady => {
                if let Some(seen) = self.window.take(now, totals, self.span(), SAMPLES_LEAST) {
                    self.follow(&seen, now);
                }
            }
            Phase::Draining { .. } if in_flight <= self.limit() => {
                self.phase = Phase::Settling { until: now.saturating_add(self.recent.unwrap_or(0.0) as u64) };
            }
            Phase::Draining { until } if now >= until => self.give_up(now, totals),
            Phase::Settling { until } if now >= until => {
                self.window = Window::new(totals, now);
                self.phase = Phase::Measuring { until: now.saturating_add(self.patience()) };
            }
            Phase::Measuring { until } => {
                if let Some(seen) = self.window.take(now, totals, self.rules.window, MEASURE_LEAST) {
                    self.measured(&seen, now, totals);
                } else if now >= until {
                    self.give_up(now, totals);
                }
            }
            Phase::Draining { .. } | Phase::Settling { .. } => {}
        }
    }

    /// How long a window is at least: an answer that comes now tells of the limit of one latency ago, so that two of them
    /// have to pass before what was done last shows.
    fn span(&self) -> u64 {
        self.rules.window.max((2.0 * self.recent.unwrap_or(0.0)) as u64)
    }

    fn patience(&self) -> u64 {
        self.span().saturating_mul(PATIENCE)
    }

    /// Lowers the limit for a moment. What is in flight should be gone in one latency; if it is not, as where exchanges
    /// last much longer than their answers take to begin, nobody is held back for long on its account.
    fn measure(&mut self, now: u64) {
        self.phase = Phase::Draining { until: now.saturating_add(self.span()) };
    }

    fn measured(&mut self, seen: &Seen, now: u64, totals: Totals) {
        let rose = self.baseline.get().is_some_and(|former| seen.latency > ROSE * former);
        // The first time there is nothing to compare with: traffic before it came and went as it liked.
        let former = self.measured.replace(seen.latency);
        if former.is_none() {
            self.left = seen.latency / self.before.1.max(1.0);
        }
        let fell = former.is_none_or(|former| seen.latency < FELL * former);
        self.recent = Some(seen.latency);
        if rose {
            // It is measured once more.
            self.baseline.guess(seen.latency);
        } else {
            self.baseline.measured(seen.latency, now);
        }
        if fell && self.limit / 2.0 > self.rules.min {
            self.limit /= 2.0;
            self.halvings += 1;
            self.measure(now);
        } else {
            self.go_on(now, totals);
        }
    }

    fn give_up(&mut self, now: u64, totals: Totals) {
        self.rests_until = now.saturating_add(self.patience());
        self.go_on(now, totals);
    }

    fn go_on(&mut self, now: u64, totals: Totals) {
        let halvings = std::mem::take(&mut self.halvings);
        if self.measured.is_none() || (halvings <= 1 && self.left >= FELL) {
            // There was no queue, or nobody knows.
            self.limit = self.before.0;
        } else if halvings > 0 {
            // The last halving has shown that there was no queue before it.
            self.limit *= 2.0;
        }
        self.limit = self.limit.clamp(self.rules.min, self.rules.max);
        self.measured = None;
        self.phase = Phase::Steady;
        self.window = Window::new(totals, now);
    }

    /// Sets the limit anew by what a window has seen.
    fn follow(&mut self, seen: &Seen, now: u64) {
        self.recent = Some(seen.latency);
        let Some(baseline) = self.baseline.get() else {
            self.baseline.guess(seen.latency);
            return;
        };
        let gradient = (self.rules.tolerance * baseline / seen.latency.max(1.0)).clamp(GRADIENT.0, GRADIENT.1);
        let shrunk = gradient * self.limit;
        let wanted = self.limit + SMOOTHING * (shrunk + shrunk.sqrt() - self.limit);
        let used = seen.pressed || 2.0 * seen.in_flight >= self.limit;
        let next = if used {
            wanted
        } else {
            // What is not used is no reason to grow. It may shrink to where it begins to be used, so that it is not far off
            // when it is needed.
            wanted.max(2.0 * seen.in_flight).min(self.limit)
        };
        self.limit = next.clamp(self.rules.min, self.rules.max);
        self.baseline.follow(seen, self.rules.tolerance, self.rules.remeasure, now);
        // At the minimum it costs nothing to measure.
        let lowest = self.limit <= self.rules.min && gradient < 1.0;
        let due = lowest || self.baseline.is_old(self.rules.remeasure, now);
        let felt = seen.pressed || (self.baseline.is_guess() && seen.in_flight > self.rules.min);
        if felt && due && now >= self.rests_until {
            self.before = (self.limit, seen.latency);
            if !seen.pressed {
                // Half of a limit that is not reached changes nothing.
                self.limit = seen.in_flight.clamp(self.rules.min, self.limit);
            }
            self.measure(now);
        } else if !seen.pressed && seen.in_flight <= self.rules.min {
            // So little is no load.
            self.baseline.holds(now);
        }
    }
}
