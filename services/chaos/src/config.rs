//! The gateway's configuration here: that of `make up`, with shorter times and with limits that can be tested.
//!
//! Changes the text of a configuration and does nothing else. What differs, and why, is in [`DIFFERENCES`].

use toml::{Table, Value};

/// How long the payments' breakers stay open, in seconds.
pub const OPEN_FOR: f64 = 3.0;
/// How many attempts a breaker lets through when it is half-open.
pub const PROBES: u64 = 3;
/// With fewer results than this no breaker opens by a ratio.
pub const MIN_REQUESTS: u64 = 20;
/// From when on an answer is slow, in milliseconds.
pub const SLOW_AFTER_MS: u64 = 1000;

/// Tokens per second of the limits `exact` and `lease`, and what their buckets hold.
pub const SHARED_RATE: f64 = 50.0;
/// What a bucket of the limits `exact` and `lease` holds.
pub const SHARED_BURST: f64 = 100.0;
/// Tokens per second of the limit `open`, which lets everything through while Redis does not answer.
pub const OPEN_RATE: f64 = 20.0;
/// What a bucket of the limit `open` holds.
pub const OPEN_BURST: f64 = 2.0;
/// Tokens per second of the limit `few`.
pub const FEW_RATE: f64 = 10.0;
/// What a bucket of the limit `few` holds.
pub const FEW_BURST: f64 = 20.0;

/// What differs from `make up`, in words.
pub const DIFFERENCES: [&str; 4] = [
    "breakers stay open for 3 s instead of 30 s, and judge the last 500 ms (payments) or second (products) instead of the \
     last 10 s: a ratio over a long window is reached only when failures outweigh the good results from before",
    "payments: a breaker opens at 25 % failures, or at 50 % answers slower than a second; round_robin, because least_request \
     leaves a slow node alone by itself, and the breaker would have nothing to do",
    "health probes every 500 ms, and one that passes is enough",
    "routes under /limited lead to the nodes' own /healthz, which needs no database, with limits small enough to be reached",
];

const OVERLAY: &str = r#"
[upstreams.products.health]
interval = "500ms"
healthy_after = 1
[upstreams.products.breaker]
window = "1s"
open_for = "3s"
probes = 3

[upstreams.payments]
balance = "round_robin"
[upstreams.payments.health]
interval = "500ms"
healthy_after = 1
[upstreams.payments.breaker]
window = "500ms"
min_requests = 20
error_ratio = 0.25
slow_after = "1s"
slow_ratio = 0.5
open_for = "3s"
probes = 3

[upstreams.alive]
connect_timeout = "250ms"
attempt_timeout = "2s"

[[routes]]
name = "alive"
match = { prefix = "/alive" }
upstream = "alive"
strip_prefix = "/alive"
limits = ["per-client"]
[[routes]]
name = "exact"
match = { prefix = "/limited/exact" }
upstream = "alive"
strip_prefix = "/limited/exact"
limits = ["exact"]
[[routes]]
name = "lease"
match = { prefix = "/limited/lease" }
upstream = "alive"
strip_prefix = "/limited/lease"
limits = ["lease"]
[[routes]]
name = "open"
match = { prefix = "/limited/open" }
upstream = "alive"
strip_prefix = "/limited/open"
limits = ["open"]
[[routes]]
name = "few"
match = { prefix = "/limited/few" }
upstream = "alive"
strip_prefix = "/limited/few"
limits = ["few"]

[limits.exact]
rate = "50/s"
burst = 100
precision = "exact"
store = "redis"
[limits.lease]
rate = "50/s"
burst = 100
precision = "lease"
store = "redis"
[limits.open]
rate = "20/s"
burst = 2
precision = "exact"
store = "redis"
on_store_error = "open"
[limits.few]
rate = "10/s"
burst = 20
store = "redis"
"#;

/// The configuration for a run, from that of the stack.
///
/// # Errors
/// In words, when the stack's is not what it was when this was written.
pub fn adjust(stack: &str) -> Result<String, String> {
    let mut config: Table = stack.parse().map_err(|error| format!("the stack's configuration: {error}"))?;
    let overlay: Table = OVERLAY.parse().map_err(|error| format!("what is laid over it: {error}"))?;
    merge(&mut config, overlay);
    let endpoints = config.get("upstreams").and_then(|upstreams| upstreams.get("products")?.get("endpoints")).cloned();
    let endpoints = endpoints.ok_or("the stack's configuration has no endpoints of products")?;
    let alive = config.get_mut("upstreams").and_then(|upstreams| upstreams.get_mut("alive")?.as_table_mut());
    alive.ok_or("there is no upstream `alive`")?.insert("endpoints".into(), endpoints);
    toml::to_string(&config).map_err(|error| error.to_string())
}

/// The same configuration for another gateway beside it: same limits, same Redis, ports of its own.
///
/// # Errors
/// In words, when it is none.
pub fn beside(config: &str) -> Result<String, String> {
    let mut config: Table = config.parse().map_err(|error| format!("the configuration: {error}"))?;
    let gateway = config.get_mut("gateway").and_then(Value::as_table_mut).ok_or("there is no table `gateway`")?;
    gateway.insert("admin".into(), "127.0.0.1:0".into());
    let listener = config.get_mut("listeners").and_then(|listeners| listeners.get_mut(0)?.as_table_mut());
    listener.ok_or("there is no listener")?.insert("address".into(), "127.0.0.1:0".into());
    toml::to_string(&config).map_err(|error| error.to_string())
}

/// The same configuration with another `drain_timeout`, so that it is another one and nothing else changes.
///
/// # Errors
/// In words, when it is none.
pub fn touched(config: &str, seconds: u64) -> Result<String, String> {
    let mut config: Table = config.parse().map_err(|error| format!("the configuration: {error}"))?;
    let gateway = config.get_mut("gateway").and_then(Value::as_table_mut).ok_or("there is no table `gateway`")?;
    gateway.insert("drain_timeout".into(), format!("{seconds}s").into());
    toml::to_string(&config).map_err(|error| error.to_string())
}

/// Lays one table over another: tables are merged, lists are made longer, and everything else is replaced.
fn merge(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => merge(under, over),
            (Some(Value::Array(under)), Value::Array(over)) => under.extend(over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = r#"
[gateway]
admin = "127.0.0.1:1"
[[listeners]]
name = "public"
address = "127.0.0.1:2"
[[routes]]
name = "products"
[upstreams.products]
endpoints = ["127.0.0.1:3"]
[upstreams.products.health]
path = "/healthz"
[upstreams.payments.breaker]
slow_after = "4s"
"#;

    #[test]
    fn what_is_laid_over_adds_and_replaces() {
        let config: Table = adjust(STACK).expect("a configuration").parse().expect("TOML");
        assert_eq!(config["upstreams"]["products"]["health"]["path"].as_str(), Some("/healthz"));
        assert_eq!(config["upstreams"]["products"]["health"]["interval"].as_str(), Some("500ms"));
        assert_eq!(config["upstreams"]["payments"]["breaker"]["slow_after"].as_str(), Some("1s"));
        assert_eq!(config["upstreams"]["alive"]["endpoints"][0].as_str(), Some("127.0.0.1:3"));
        assert_eq!(config["routes"].as_array().map(Vec::len), Some(6));
        assert_eq!(config["routes"][0]["name"].as_str(), Some("products"));
    }

    #[test]
    fn the_numbers_in_code_are_those_of_the_text() {
        let config: Table = OVERLAY.parse().expect("TOML");
        let breaker = &config["upstreams"]["payments"]["breaker"];
        assert_eq!(breaker["open_for"].as_str(), Some(format!("{OPEN_FOR}s").as_str()));
        assert_eq!(breaker["slow_after"].as_str(), Some(format!("{}s", SLOW_AFTER_MS / 1000).as_str()));
        assert_eq!(breaker["probes"].as_integer(), i64::try_from(PROBES).ok());
        assert_eq!(breaker["min_requests"].as_integer(), i64::try_from(MIN_REQUESTS).ok());
        for (limit, rate, burst) in [
            ("exact", SHARED_RATE, SHARED_BURST),
            ("lease", SHARED_RATE, SHARED_BURST),
            ("open", OPEN_RATE, OPEN_BURST),
            ("few", FEW_RATE, FEW_BURST),
        ] {
            assert_eq!(config["limits"][limit]["rate"].as_str(), Some(format!("{rate}/s").as_str()), "{limit}");
            assert_eq!(config["limits"][limit]["burst"].as_integer(), Some(burst as i64), "{limit}");
        }
    }

    #[test]
    fn a_gateway_beside_it_has_ports_of_its_own() {
        let config: Table = beside(STACK).expect("a configuration").parse().expect("TOML");
        assert_eq!(config["gateway"]["admin"].as_str(), Some("127.0.0.1:0"));
        assert_eq!(config["listeners"][0]["address"].as_str(), Some("127.0.0.1:0"));
        assert_ne!(touched(STACK, 7).expect("TOML"), touched(STACK, 8).expect("TOML"));
    }
}
