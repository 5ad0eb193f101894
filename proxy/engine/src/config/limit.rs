//! A checked limit: how fast requests of one kind may come, and who counts them.

use std::time::Duration;

/// One `[limits.NAME]` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Unique among limits; the `limit` label of metrics and the name in `RateLimit-Policy`.
    pub name: Box<str>,
    /// How fast tokens come back.
    pub rate: Rate,
    /// The most tokens a bucket holds, at least 1: what may come at once after a silence.
    pub burst: u32,
    /// What a bucket of its own is kept for.
    pub key: KeySource,
    /// Who keeps the buckets.
    pub store: Store,
    /// Whether refusals are carried out.
    pub mode: LimitMode,
    /// Whether the store is asked for every request.
    pub precision: Precision,
    /// What happens while the store does not answer.
    pub on_store_error: OnStoreError,
    /// Clients that are never limited.
    pub exempt: Vec<ipnet::IpNet>,
}

/// Tokens per time. Neither is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many tokens come back within `period`.
    pub tokens: u32,
    /// One second, minute, hour or day.
    pub period: Duration,
}

impl Rate {
    /// Nanoseconds in which one token comes back, rounded up so that the rate is never exceeded; at least 1.
    #[must_use]
    pub fn interval(self) -> u64 {
        let period = u64::try_from(self.period.as_nanos()).unwrap_or(u64::MAX);
        period.div_ceil(u64::from(self.tokens.max(1))).max(1)
    }
}

/// What a bucket of its own is kept for. A request without the header, cookie or claim shares one bucket with all others
/// without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// The client's address; IPv6 addresses of one /64 are one client.
    ClientIp,
    /// The value of a request field; the name is lower-case.
    Header(Box<str>),
    /// The value of a cookie.
    Cookie(Box<str>),
    /// The value of a verified claim of the token. A request without it goes by its client's address, in a bucket apart
    /// from those of `client_ip`.
    Claim(Box<str>),
    /// The route: one bucket for all its requests.
    Route,
    /// One bucket for everything the limit is named for.
    Global,
}

/// Who keeps the buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// Redis: shared by every gateway that uses it.
    Redis,
    /// This process: shared by its workers.
    Local,
}

/// Whether refusals are carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitMode {
    /// They are.
    Enforce,
    /// They are only counted and logged.
    Shadow,
}

/// Whether the store is asked for every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Workers take a few tokens at a time for keys that are busy.
    Lease,
    /// Every request is decided by the store.
    Exact,
}

/// What happens while the store does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnStoreError {
    /// Each worker limits on its own, to its share of the rate.
    Local,
    /// Everything is let through.
    Open,
    /// Everything is refused.
    Closed,
}
