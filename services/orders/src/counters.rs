//! What the service counts, besides what every service does.
//!
//! | Name | Meaning |
//! |---|---|
//! | `svc_orders_orders_total{outcome}` | orders that were `placed`, and what became of them: `paid`, `cancelled`, or why they failed |
//! | `svc_orders_saga_steps_total{step,outcome}` | what came of each try of a step: `done`, `refused`, `not_done`, `unknown` |
//! | `svc_orders_saga_resumed_total` | sagas that were taken up again, after a pause or from a process that died |
//! | `svc_orders_call_duration_seconds{service,operation,result}` | calls to other services, repetitions included |
//! | `svc_orders_call_tries_total{service,result}` | single requests of those |
//! | `svc_orders_sagas_waiting` | sagas that are not at an end, of all processes with this database |
//! | `svc_orders_sagas_stuck` | those of them whose step was tried in vain ten times or more |
//! | `svc_orders_sagas_oldest_seconds` | how long ago the oldest of them began |

use prometheus::{Gauge, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts};
use supplex_kit::Metrics;

/// The counters. Clones count into the same.
#[derive(Clone, Debug)]
pub(crate) struct Counters {
    orders: IntCounterVec,
    steps: IntCounterVec,
    pub(crate) resumed: IntCounter,
    calls: HistogramVec,
    tries: IntCounterVec,
    waiting: IntGauge,
    stuck: IntGauge,
    oldest: Gauge,
}

/// How much work is left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Backlog {
    pub(crate) waiting: i64,
    pub(crate) stuck: i64,
    pub(crate) oldest_seconds: f64,
}

impl Counters {
    /// Counters at zero, shown by `metrics`.
    ///
    /// # Errors
    /// When `metrics` shows them already.
    pub(crate) fn new(metrics: &Metrics) -> Result<Self, prometheus::Error> {
        let vec = |name: &str, help: &str, labels: &[&str]| IntCounterVec::new(Opts::new(name, help), labels);
        let calls = HistogramOpts::new("svc_orders_call_duration_seconds", "Calls to other services")
            .buckets(vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]);
        let counters = Self {
            orders: vec("svc_orders_orders_total", "Orders, and what became of them", &["outcome"])?,
            steps: vec("svc_orders_saga_steps_total", "What came of each try of a step", &["step", "outcome"])?,
            resumed: IntCounter::new("svc_orders_saga_resumed_total", "Sagas that were taken up again")?,
            calls: HistogramVec::new(calls, &["service", "operation", "result"])?,
            tries: vec("svc_orders_call_tries_total", "Requests to other services", &["service", "result"])?,
            waiting: IntGauge::new("svc_orders_sagas_waiting", "Sagas that are not at an end")?,
            stuck: IntGauge::new("svc_orders_sagas_stuck", "Sagas whose step was tried in vain ten times or more")?,
            oldest: Gauge::new("svc_orders_sagas_oldest_seconds", "How long ago the oldest of them began")?,
        };
        metrics.register(counters.orders.clone())?;
        metrics.register(counters.steps.clone())?;
        metrics.register(counters.resumed.clone())?;
        metrics.register(counters.calls.clone())?;
        metrics.register(counters.tries.clone())?;
        metrics.register(counters.waiting.clone())?;
        metrics.register(counters.stuck.clone())?;
        metrics.register(counters.oldest.clone())?;
        Ok(counters)
    }

    /// Counts an order of which this became: `placed`, `paid`, `cancelled`, or the word of a reason.
    pub(crate) fn order(&self, outcome: &str) {
        self.orders.with_label_values(&[outcome]).inc();
    }

    /// Counts a try of a step.
    pub(crate) fn step(&self, step: &str, outcome: &str) {
        self.steps.with_label_values(&[step, outcome]).inc();
    }

    /// Counts a call that took so many seconds.
    pub(crate) fn call(&self, service: &str, operation: &str, result: &str, seconds: f64) {
        self.calls.with_label_values(&[service, operation, result]).observe(seconds);
    }

    /// Counts a single request.
    pub(crate) fn attempt(&self, service: &str, result: &str) {
        self.tries.with_label_values(&[service, result]).inc();
    }

    /// Shows how much work is left.
    pub(crate) fn backlog(&self, backlog: Backlog) {
        self.waiting.set(backlog.waiting);
        self.stuck.set(backlog.stuck);
        self.oldest.set(backlog.oldest_seconds);
    }
}
