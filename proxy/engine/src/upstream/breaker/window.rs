//! What one worker counts of one endpoint: a window of ten buckets, and what went wrong lately.
//!
//! One worker writes, anybody reads at any time. A bucket belongs to a stretch of time and to an epoch of the breaker;
//! that is its tag. When the worker comes to a bucket with another tag, it empties it: so a bucket that is ten widths old is
//! gone, and so is everything that was counted before the breaker last changed. A reader sees a bucket as it was under one
//! tag, or not at all: the tag is taken away before the counts change and put back when they are good again.

use std::sync::atomic::{AtomicU64, Ordering, fence};

use super::rules::BUCKETS;
use crate::stats::Counter;

/// The tag of a bucket that has nothing in it.
const NONE: u64 = u64::MAX;
/// Bits of a tag that number the stretch of time.
const PERIOD_BITS: u32 = 48;
/// How often a reader looks again at a bucket that changes under its eyes. It then does without it, which can only make the
/// count smaller.
const LOOKS: usize = 4;

/// Results within some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Attempts that the endpoint answered well.
    pub successes: u64,
    /// Attempts that failed.
    pub failures: u64,
    /// Answers among both that took too long.
    pub slow: u64,
}

impl Counts {
    /// All results.
    #[must_use]
    pub fn total(self) -> u64 {
        self.successes + self.failures
    }

    /// Adds others.
    pub fn add(&mut self, other: Counts) {
        self.successes += other.successes;
        self.failures += other.failures;
        self.slow += other.slow;
    }
}

/// Why an attempt counts as failed. A 4xx never does, nor what the client or the gateway broke off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection came about.
    Connect,
    /// The connection ended before an answer.
    Reset,
    /// No answer in time.
    Timeout,
    /// What came is not HTTP/1.1.
    Malformed,
    /// 502.
    BadGateway,
    /// 503.
    Unavailable,
    /// 504.
    GatewayTimeout,
}

impl Failure {
    /// The failure that a status code stands for, if any.
    #[must_use]
    pub fn of_status(status: u16) -> Option<Self> {
        match status {
            502 => Some(Failure::BadGateway),
            503 => Some(Failure::Unavailable),
            504 => Some(Failure::GatewayTimeout),
            _ => None,
        }
    }
}

/// How an attempt ended, for the breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Why it failed; `None` when it did not.
    pub failure: Option<Failure>,
    /// Whether the answer took longer than `slow_after`.
    pub slow: bool,
}

/// What can be wrong with an attempt: a failure, or slowness. Numbers the list of what went wrong lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It failed.
    Failed(Failure),
    /// It was slow.
    Slow,
}

impl Trouble {
    /// Every trouble with its word.
    pub const ALL: [(Trouble, &'static str); 8] = [
        (Trouble::Failed(Failure::Connect), "connect"),
        (Trouble::Failed(Failure::Reset), "reset"),
        (Trouble::Failed(Failure::Timeout), "timeout"),
        (Trouble::Failed(Failure::Malformed), "malformed"),
        (Trouble::Failed(Failure::BadGateway), "502"),
        (Trouble::Failed(Failure::Unavailable), "503"),
        (Trouble::Failed(Failure::GatewayTimeout), "504"),
        (Trouble::Slow, "slow"),
    ];

    fn number(self) -> usize {
        match self {
            Trouble::Failed(failure) => failure as usize,
            Trouble::Slow => Self::ALL.len() - 1,
        }
    }
}

/// The stretch of time and the epoch that a bucket counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The stretch's number, see [`super::Rules::period`].
    pub period: u64,
    /// The breaker's epoch.
    pub epoch: u16,
}

impl Tag {
    fn pack(self) -> u64 {
        (u64::from(self.epoch) << PERIOD_BITS) | (self.period & ((1 << PERIOD_BITS) - 1))
    }

    fn unpack(tag: u64) -> Option<Self> {
        (tag != NONE).then_some(Self { period: tag & ((1 << PERIOD_BITS) - 1), epoch: (tag >> PERIOD_BITS) as u16 })
    }
}

#[derive(Debug)]
struct Bucket {
    tag: AtomicU64,
    successes: Counter,
    failures: Counter,
    slow: Counter,
}

impl Default for Bucket {
    fn default() -> Self {
        let counter = Counter::default;
        Self { tag: AtomicU64::new(NONE), successes: counter(), failures: counter(), slow: counter() }
    }
}

impl Bucket {
    /// Empties it for another tag.
    fn begin(&self, tag: u64) {
        self.tag.store(NONE, Ordering::Relaxed);
        // Who sees one of the zeros below also sees that the tag was taken away.
        fence(Ordering::Release);
        for counter in [&self.successes, &self.failures, &self.slow] {
            counter.set(0);
        }
        self.tag.store(tag, Ordering::Release);
    }

    fn read(&self) -> Option<(Tag, Counts)> {
        for _ in 0..LOOKS {
            let tag = self.tag.load(Ordering::Acquire);
            let counts =
                Counts { successes: self.successes.get(), failures: self.failures.get(), slow: self.slow.get() };
            fence(Ordering::Acquire);
            if self.tag.load(Ordering::Relaxed) == tag {
                return Some((Tag::unpack(tag)?, counts));
            }
        }
        None
    }
}

/// One worker's window over one endpoint. Shares no cache line with another worker's.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Window {
    buckets: [Bucket; BUCKETS],
    troubles: [(Counter, AtomicU64); Trouble::ALL.len()],
}

impl Window {
    /// Counts a result. To be called by the one worker that owns the window.
    pub fn record(&self, tag: Tag, report: Report) {
        let Some(bucket) = self.buckets.get((tag.period % BUCKETS as u64) as usize) else { return };
        let packed = tag.pack();
        if bucket.tag.load(Ordering::Relaxed) != packed {
            bucket.begin(packed);
        }
        let counter = if report.failure.is_some() { &bucket.failures } else { &bucket.successes };
        counter.increment();
        if report.slow {
            bucket.slow.increment();
        }
    }

    /// Notes what was wrong with an attempt, and when, in milliseconds.
    pub fn note(&self, trouble: Trouble, now: u64) {
        if let Some((count, last)) = self.troubles.get(trouble.number()) {
            count.increment();
            last.store(now, Ordering::Relaxed);
        }
    }

    /// How often this trouble came since the start, and when it last did.
    #[must_use]
    pub fn trouble(&self, trouble: Trouble) -> (u64, u64) {
        self.troubles.get(trouble.number()).map_or((0, 0), |(count, last)| (count.get(), last.load(Ordering::Relaxed)))
    }

    /// The buckets that have something in them.
    pub fn buckets(&self) -> impl Iterator<Item = (Tag, Counts)> + '_ {
        self.buckets.iter().filter_map(Bucket::read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: Report = Report { failure: Some(Failure::Reset), slow: false };

    #[test]
    fn a_bucket_is_emptied_when_its_time_or_its_epoch_is_over() {
        let window = Window::default();
        window.record(Tag { period: 3, epoch: 0 }, FAILED);
        window.record(Tag { period: 3, epoch: 0 }, Report { failure: None, slow: true });
        let only = |window: &Window| window.buckets().collect::<Vec<_>>();
        let counts = Counts { successes: 1, failures: 1, slow: 1 };
        assert_eq!(only(&window), [(Tag { period: 3, epoch: 0 }, counts)]);
        window.record(Tag { period: 3, epoch: 1 }, FAILED);
        let counts = Counts { failures: 1, ..Counts::default() };
        assert_eq!(only(&window), [(Tag { period: 3, epoch: 1 }, counts)]);
        window.record(Tag { period: 13, epoch: 1 }, FAILED);
        assert_eq!(only(&window), [(Tag { period: 13, epoch: 1 }, counts)]);
    }

    #[test]
    fn every_trouble_has_its_own_place() {
        let window = Window::default();
        for (at, (trouble, _)) in Trouble::ALL.into_iter().enumerate() {
            assert_eq!(trouble.number(), at);
            window.note(trouble, at as u64);
            window.note(trouble, at as u64 + 10);
            assert_eq!(window.trouble(trouble), (2, at as u64 + 10));
        }
    }
}
