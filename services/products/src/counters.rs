//! What is counted besides requests: what becomes of reservations. Decides nothing.

use prometheus::{IntCounterVec, Opts};
use supplex_kit::Metrics;

/// What is counted besides requests.
#[derive(Clone)]
pub(crate) struct Counters(IntCounterVec);

impl Counters {
    /// Counters at zero, shown in `metrics`.
    ///
    /// # Errors
    /// When `metrics` has them already.
    pub(crate) fn new(metrics: &Metrics) -> Result<Self, prometheus::Error> {
        let opts = Opts::new("svc_products_reservations_total", "What became of reservations");
        let counters = IntCounterVec::new(opts, &["outcome"])?;
        metrics.register(counters.clone())?;
        Ok(Self(counters))
    }

    /// Counts so many reservations of which this became: `held`, `short`, `replayed`, `committed`, `released`,
    /// `expired`, `returned`, `repeated` or `refused`.
    pub(crate) fn reservations(&self, outcome: &str, count: u64) {
        self.0.with_label_values(&[outcome]).inc_by(count);
    }
}
