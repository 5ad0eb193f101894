//! Whether the sidecar is at work: it beats all the time, and whoever would wait for it looks first when it last did.
//!
//! Without this, a request that has to ask the store of limits would wait for its whole timeout while the sidecar stands
//! still, again and again. Nothing is decided here but that.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::clock;

/// Between two beats.
const EVERY: Duration = Duration::from_millis(25);
/// Milliseconds without a beat after which nobody waits for the sidecar. Several beats, because a busy machine delays them.
const SILENCE: u64 = 150;

/// The sidecar's pulse. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pulse(Arc<AtomicU64>);

impl Pulse {
    /// Beats for ever.
    pub(crate) async fn keep(&self) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.beat(clock::millis());
        }
    }

    fn beat(&self, now: u64) {
        // 0 is kept for what has never beaten.
        self.0.store(now.max(1), Ordering::Relaxed);
    }

    /// Whether it has stopped, at this millisecond of the process's clock. One that has not begun yet has not stopped.
    #[must_use]
    pub(crate) fn is_silent(&self, now: u64) -> bool {
        let last = self.0.load(Ordering::Relaxed);
        last > 0 && now.saturating_sub(last) > SILENCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_silent_only_after_it_has_beaten_and_stopped() {
        let pulse = Pulse::default();
        assert!(!pulse.is_silent(1_000_000), "it has not begun");
        pulse.beat(1_000);
        assert!(!pulse.is_silent(999), "a worker's clock is a little behind");
        assert!(!pulse.is_silent(1_000 + SILENCE) && pulse.is_silent(1_001 + SILENCE));
        pulse.beat(2_000);
        assert!(!pulse.is_silent(2_010), "it goes on");
    }

    #[test]
    fn it_beats_as_long_as_it_is_kept() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let (pulse, seen) = (Pulse::default(), Pulse::default());
        let last = || pulse.0.load(Ordering::Relaxed);
        runtime.block_on(async {
            let watch = async {
                // Two different beats; who does not beat twice is waited for in vain.
                while last() == 0 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                let first = last();
                while last() == first {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            tokio::select! {
                () = pulse.keep() => {}
                () = watch => {}
            }
        });
        assert!(last() > 0 && seen.0.load(Ordering::Relaxed) == 0);
    }
}
