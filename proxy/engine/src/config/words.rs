//! Settings as they are written in the configuration file, for whoever shows them to people.
//!
//! It reads nothing and decides nothing; the shell's `config/scalar` is the way back.

use std::time::Duration;

use super::{Balance, BreakerMode, HashKey, KeySource, LimitMode, OnStoreError, Precision, Rate, Store};
use crate::route::{HostPattern, PathMatch};

/// A duration in the largest unit that divides it: `250ms`, `5s`, `2m`, `1h`.
#[must_use]
pub fn duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    if !duration.subsec_nanos().is_multiple_of(1_000_000) {
        return format!("{duration:?}");
    }
    let units = [(3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let found = units.iter().find(|(factor, _)| millis >= *factor && millis.is_multiple_of(*factor));
    found.map_or_else(|| format!("{millis}ms"), |(factor, unit)| format!("{}{unit}", millis / factor))
}

/// A number of bytes in the largest unit that divides it: `16KiB`, `10MiB`, `512B`.
#[must_use]
pub fn size(bytes: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let found = units.iter().find(|(factor, _)| bytes >= *factor && bytes.is_multiple_of(*factor));
    found.map_or_else(|| format!("{bytes}B"), |(factor, unit)| format!("{}{unit}", bytes / factor))
}

/// `100/s`.
#[must_use]
pub fn rate(rate: Rate) -> String {
    let unit = match rate.period.as_secs() {
        60 => "m",
        3_600 => "h",
        86_400 => "d",
        _ => "s",
    };
    format!("{}/{unit}", rate.tokens)
}

/// The key of a limit.
#[must_use]
pub fn key_source(key: &KeySource) -> String {
    match key {
        KeySource::ClientIp => "client_ip".to_owned(),
        KeySource::Header(name) => format!("header:{name}"),
        KeySource::Cookie(name) => format!("cookie:{name}"),
        KeySource::Claim(name) => format!("jwt:{name}"),
        KeySource::Route => "route".to_owned(),
        KeySource::Global => "global".to_owned(),
    }
}

/// The key of `consistent_hash`.
#[must_use]
pub fn hash_key(key: &HashKey) -> String {
    match key {
        HashKey::ClientIp => "client_ip".to_owned(),
        HashKey::Header(name) => format!("header:{name}"),
        HashKey::Cookie(name) => format!("cookie:{name}"),
        HashKey::Path => "path".to_owned(),
    }
}

/// Who keeps buckets.
#[must_use]
pub fn store(store: Store) -> &'static str {
    match store {
        Store::Redis => "redis",
        Store::Local => "local",
    }
}

/// Whether refusals of a limit are carried out.
#[must_use]
pub fn limit_mode(mode: LimitMode) -> &'static str {
    match mode {
        LimitMode::Enforce => "enforce",
        LimitMode::Shadow => "shadow",
    }
}

/// Whether the store is asked for every request.
#[must_use]
pub fn precision(precision: Precision) -> &'static str {
    match precision {
        Precision::Lease => "lease",
        Precision::Exact => "exact",
    }
}

/// What happens while the store does not answer.
#[must_use]
pub fn on_store_error(rule: OnStoreError) -> &'static str {
    match rule {
        OnStoreError::Local => "local",
        OnStoreError::Open => "open",
        OnStoreError::Closed => "closed",
    }
}

/// How an endpoint is chosen.
#[must_use]
pub fn balance(balance: Balance) -> &'static str {
    match balance {
        Balance::RoundRobin => "round_robin",
        Balance::Random => "random",
        Balance::LeastRequest => "least_request",
        Balance::PeakEwma => "peak_ewma",
        Balance::ConsistentHash => "consistent_hash",
    }
}

/// Whether a breaker's refusals are carried out.
#[must_use]
pub fn breaker_mode(mode: BreakerMode) -> &'static str {
    match mode {
        BreakerMode::Enforce => "enforce",
        BreakerMode::Shadow => "shadow",
        BreakerMode::Off => "off",
    }
}

/// The key and the value of a path rule.
#[must_use]
pub fn path_rule(rule: &PathMatch) -> (&'static str, &str) {
    match rule {
        PathMatch::Exact(path) => ("exact", path),
        PathMatch::Prefix(path) if path.is_empty() => ("prefix", "/"),
        PathMatch::Prefix(path) => ("prefix", path),
        PathMatch::Regex(pattern, _) => ("regex", pattern),
    }
}

/// A host rule.
#[must_use]
pub fn host(rule: &HostPattern) -> String {
    match rule {
        HostPattern::Exact(host) => host.to_string(),
        HostPattern::Below(suffix) => format!("*{suffix}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_largest_unit_that_divides_them() {
        let millis = |millis| duration(Duration::from_millis(millis));
        let written = [250, 1_500, 3_000, 90_000, 120_000, 7_200_000].map(millis);
        assert_eq!(written, ["250ms", "1500ms", "3s", "90s", "2m", "2h"]);
        assert_eq!(duration(Duration::from_micros(1)), "1µs");
        assert_eq!([512, 1_024, 1_025, 10 << 20, 3 << 30].map(size), ["512B", "1KiB", "1025B", "10MiB", "3GiB"]);
        assert_eq!(rate(Rate { tokens: 5, period: Duration::from_secs(3_600) }), "5/h");
    }
}
