//! How busy each worker was over the last second: the share of time it worked rather than waited for the kernel.

use std::cell::RefCell;
use std::time::Duration;

use super::{Member, Sidecar};

/// Between two samples.
const EVERY: Duration = Duration::from_secs(1);

/// The last samples. All on the sidecar's thread.
#[derive(Debug)]
pub(crate) struct Meter {
    samples: RefCell<Vec<Sample>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    busy: u64,
    idle: u64,
    ratio: f64,
}

impl Meter {
    /// A meter that has seen nothing: everybody is at 0.
    #[must_use]
    pub(crate) fn new(workers: usize) -> Self {
        Self { samples: RefCell::new(vec![Sample::default(); workers]) }
    }

    /// The ratio of a worker, from 0 to 1.
    #[must_use]
    pub(crate) fn ratio(&self, worker: usize) -> f64 {
        self.samples.borrow().get(worker).map_or(0.0, |sample| sample.ratio)
    }

    fn sample(&self, crew: &[Member]) {
        for (sample, member) in self.samples.borrow_mut().iter_mut().zip(crew) {
            let (busy, idle) = (member.block.busy_nanos.get(), member.block.idle_nanos.get());
            sample.ratio = ratio(busy.saturating_sub(sample.busy), idle.saturating_sub(sample.idle), sample.ratio);
            (sample.busy, sample.idle) = (busy, idle);
        }
    }
}

/// A worker that counted nothing in a whole second is stuck in its work or in a long sleep; what was known stays.
fn ratio(busy: u64, idle: u64, before: f64) -> f64 {
    match busy.saturating_add(idle) {
        0 => before,
        total => busy as f64 / total as f64,
    }
}

/// Samples for ever.
pub(crate) async fn run(sidecar: &Sidecar) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        sidecar.busy.sample(&sidecar.crew);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::crew;
    use super::*;

    #[test]
    fn the_ratio_is_of_the_time_since_the_last_sample() {
        let (crew, _mailboxes) = crew(1);
        let meter = Meter::new(1);
        crew[0].block.busy_nanos.add(900);
        crew[0].block.idle_nanos.add(100);
        meter.sample(&crew);
        assert_eq!(meter.ratio(0), 0.9);
        meter.sample(&crew);
        assert_eq!(meter.ratio(0), 0.9, "nothing new is known");
        crew[0].block.busy_nanos.add(1);
        crew[0].block.idle_nanos.add(3);
        meter.sample(&crew);
        assert_eq!(meter.ratio(0), 0.25);
        assert_eq!(meter.ratio(7), 0.0);
    }
}
