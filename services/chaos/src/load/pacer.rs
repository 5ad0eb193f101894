//! Keeps the time of a group: says when each request is due, and nothing else.
//!
//! A thread of its own, because timers of a runtime are a millisecond coarse and those of the kernel are not.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use super::Due;
use super::group::Shared;

/// Starts it. It ends when the group is over.
pub(super) fn start(origin: Instant, rate: f64, group: Arc<Shared>, dues: UnboundedSender<Due>) -> std::io::Result<()> {
    let begun = origin.elapsed();
    let run = move || {
        for number in 0_u64.. {
            let at = begun + offset(number, rate);
            thread::sleep(at.saturating_sub(origin.elapsed()));
            if group.is_over() {
                return;
            }
            group.sent(number + 1);
            if dues.send(Due { group: Arc::clone(&group), number, at }).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("pacer".into()).spawn(run).map(drop)
}

/// When a request is due after the first one. Counted from the first and not from the one before: nothing adds up.
fn offset(number: u64, rate: f64) -> Duration {
    Duration::from_secs_f64(number as f64 / rate.max(1e-3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_do_not_drift() {
        assert_eq!(offset(0, 300.0), Duration::ZERO);
        assert_eq!(offset(300 * 3600, 300.0), Duration::from_secs(3600));
        assert_eq!(offset(1, 200.0), Duration::from_millis(5));
    }
}
