//! The wall clock, read once a second: the `Date` field and the times of log lines.

use std::cell::{Cell, RefCell};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Wall-clock time as text, kept current by the tick.
pub(crate) struct WallClock {
    second: Cell<u64>,
    date: RefCell<Box<[u8]>>,
    /// What to add to the ring's nanoseconds to get nanoseconds since 1970.
    offset: Cell<u64>,
}

impl WallClock {
    /// A clock set to `now` for the ring's time `ring_now`.
    pub(crate) fn new(now: SystemTime, ring_now: u64) -> Self {
        let clock = Self { second: Cell::new(0), date: RefCell::default(), offset: Cell::new(0) };
        clock.update(now, ring_now);
        clock
    }

    /// Moves the clock on; cheap within a second.
    pub(crate) fn update(&self, now: SystemTime, ring_now: u64) {
        let since = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        self.offset.set((since.as_nanos() as u64).wrapping_sub(ring_now));
        if self.second.replace(since.as_secs()) != since.as_secs() || self.date.borrow().is_empty() {
            *self.date.borrow_mut() = httpdate::fmt_http_date(now).into_bytes().into_boxed_slice();
        }
    }

    /// The value of a `Date` field (RFC 9110 section 6.6.1), at most a second old.
    pub(crate) fn date(&self) -> std::cell::Ref<'_, [u8]> {
        std::cell::Ref::map(self.date.borrow(), |date| &**date)
    }

    /// What to add to the ring's nanoseconds to get nanoseconds since 1970; to be added modulo 2^64.
    pub(crate) fn since_1970(&self) -> u64 {
        self.offset.get()
    }

    /// Milliseconds since 1970 of a moment on the ring's clock.
    pub(crate) fn unix_millis(&self, ring_nanos: u64) -> u64 {
        ring_nanos.wrapping_add(self.offset.get()) / 1_000_000
    }
}
