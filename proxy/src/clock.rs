//! One clock for the whole process, so that times of different threads can be compared: nanoseconds since it started.

use std::sync::OnceLock;
use std::time::Instant;

static STARTED: OnceLock<Instant> = OnceLock::new();

/// The moment that every time of the process counts from.
#[must_use]
pub(crate) fn started() -> Instant {
    *STARTED.get_or_init(Instant::now)
}

/// Milliseconds since then.
#[must_use]
pub(crate) fn millis() -> u64 {
    u64::try_from(started().elapsed().as_millis()).unwrap_or(u64::MAX)
}
