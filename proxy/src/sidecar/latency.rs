//! Latencies of the last minute: what the workers' blocks grew by in each second, kept for 60 seconds.
//!
//! Once a second, where the wall clock's seconds begin, every block is looked at that counted something; the worker does not
//! notice. The seconds are then added up by whoever asks: `latency/question.rs` and `latency/answer.rs` for `/api/latency`,
//! `latency/log.rs` for `/latency.hlog`, `latency/dump.rs` for SIGUSR1. Adding up a minute may take a while, so it is done on a
//! thread of its own: workers may be waiting for the sidecar.

mod answer;
pub(crate) mod dump;
mod log;
mod question;
mod sum;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use supplex_engine::stats::latency::{Delta, Follower};
use tokio::task::yield_now;
use tokio::time::sleep;

use super::Sidecar;
use super::registry::latency::{Made, Pair};

pub(crate) use answer::answer;
pub(crate) use log::write as write_log;
pub(crate) use question::{Question, Refusal};

/// The seconds that are kept.
pub(crate) const SECONDS_KEPT: usize = 60;
/// How far a look may be from the beginning of its second before the next one is waited for.
const SLACK: Duration = Duration::from_millis(100);
/// Blocks that are looked at in a row before others get their turn. Each takes some 10 us.
const BLOCKS_AT_ONCE: usize = 16;

/// What was counted in one second.
#[derive(Debug)]
pub(crate) struct Interval {
    /// When it began, since 1970.
    pub(crate) start: Duration,
    /// How long it was; a second, or more when the sidecar was held up.
    pub(crate) lasted: Duration,
    /// What was counted, by pair and worker; nothing for those that counted nothing.
    pub(crate) shares: Vec<Share>,
}

/// What one worker counted for one pair of route and upstream.
#[derive(Debug)]
pub(crate) struct Share {
    pub(crate) pair: Arc<Pair>,
    pub(crate) worker: usize,
    pub(crate) delta: Delta,
}

/// The last minute, the oldest second first.
#[derive(Debug, Default)]
pub(crate) struct History {
    intervals: RefCell<VecDeque<Arc<Interval>>>,
    /// Held while a file is written.
    dumping: tokio::sync::Mutex<()>,
}

impl History {
    fn push(&self, interval: Interval) {
        let mut intervals = self.intervals.borrow_mut();
        if intervals.len() >= SECONDS_KEPT {
            intervals.pop_front();
        }
        intervals.push_back(Arc::new(interval));
    }

    /// The last `seconds`, the oldest first; fewer if the process has not run as long. An interval that was held up is part
    /// of it when more than half a second of it is.
    #[must_use]
    pub(crate) fn last(&self, seconds: usize) -> Vec<Arc<Interval>> {
        let wanted = Duration::from_secs(seconds as u64);
        let mut covered = Duration::ZERO;
        let mut intervals: Vec<_> = self
            .intervals
            .borrow()
            .iter()
            .rev()
            .take_while(|interval| {
                let wants_more = covered + Duration::from_millis(500) <= wanted;
                covered += interval.lasted;
                wants_more
            })
            .cloned()
            .collect();
        intervals.reverse();
        intervals
    }
}

/// The blocks that are looked at.
#[derive(Default)]
struct Watch {
    followed: Vec<Followed>,
}

struct Followed {
    made: Made,
    follower: Follower,
    /// Nobody else holds the block, so that nothing more will be counted in it.
    over: bool,
}

impl Watch {
    fn add(&mut self, made: Vec<Made>) {
        let follow = |made| Followed { made, follower: Follower::default(), over: false };
        self.followed.extend(made.into_iter().map(follow));
    }

    /// What came in since the last look.
    async fn look(&mut self) -> Vec<Share> {
        let mut shares = Vec::new();
        for followed in &mut self.followed {
            let Made { pair, worker, block } = &mut followed.made;
            // Before the look: whoever counted in it has let go of it, so that the look sees the last of it.
            followed.over = Arc::get_mut(block).is_some();
            let Some(delta) = followed.follower.look(block) else { continue };
            shares.push(Share { pair: Arc::clone(pair), worker: *worker, delta });
            if shares.len().is_multiple_of(BLOCKS_AT_ONCE) {
                yield_now().await;
            }
        }
        self.followed.retain(|followed| !followed.over);
        shares
    }
}

/// Looks once a second for ever.
pub(crate) async fn run(sidecar: &Sidecar) {
    let mut watch = Watch::default();
    let (mut start, mut since) = (unix_time(), Instant::now());
    loop {
        sleep(until_next_second(unix_time())).await;
        watch.add(sidecar.registry.borrow_mut().take_made_latencies());
        let shares = watch.look().await;
        let (next, now) = (unix_time(), Instant::now());
        sidecar.latency.push(Interval { start, lasted: now - since, shares });
        (start, since) = (next, now);
    }
}

fn unix_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO)
}

/// How long it is to the next second, or to the one behind it if that is only a moment.
fn until_next_second(now: Duration) -> Duration {
    let left = Duration::from_secs(1) - Duration::from_nanos(now.subsec_nanos().into());
    if left < SLACK { left + Duration::from_secs(1) } else { left }
}

#[cfg(test)]
mod tests;
