//! Circuit breakers: an endpoint that fails is left alone, and comes back when it is well.

mod all_open;
mod failing_probe;
mod fallback;
mod forced;
mod no_connection;
mod not_a_failure;
mod one_of_two;
mod opens;
mod probes;
mod reload;
mod shadow;
mod slow_calls;
mod two_workers;
mod with_retries;

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::Value;

use crate::harness::{Config, Gateway, Upstream, wait_for};

/// An upstream whose answers the scenario decides while it runs.
struct Patient {
    upstream: Upstream,
    status: Arc<AtomicU16>,
}

impl Patient {
    /// Answers every request with this status, for now.
    fn new(status: u16) -> Self {
        let shared = Arc::new(AtomicU16::new(status));
        let status = Arc::clone(&shared);
        let upstream = Upstream::run(move |peer| {
            while peer.request().is_some() {
                let status = status.load(Ordering::SeqCst);
                peer.send(format!("HTTP/1.1 {status} As Told\r\nContent-Length: 4\r\n\r\ntold"));
            }
        });
        Self { upstream, status: shared }
    }

    fn set(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// Requests that came since this was last asked.
    fn hits(&self) -> usize {
        self.upstream.seen_so_far().len()
    }
}

/// A configuration with a breaker that has these lines.
fn guarded(addresses: &[String], lines: &[&str]) -> Config {
    let config = Config::to_endpoints(addresses).upstream("balance = \"round_robin\"\n[upstreams.up.breaker]");
    lines.iter().fold(config, |config, line| config.upstream(line))
}

/// What `/api/breakers` tells about an endpoint.
fn told(gateway: &Gateway, endpoint: usize) -> Value {
    gateway.document("/api/breakers")["upstreams"][0]["endpoints"][endpoint].clone()
}

/// The sum over the window of an endpoint.
fn counted(gateway: &Gateway, what: &str) -> u64 {
    let told = told(gateway, 0);
    let window = told["window"].as_array().expect("a list of buckets");
    assert_eq!(window.len(), 10);
    window.iter().map(|bucket| bucket[what].as_u64().expect("a count")).sum()
}

/// Waits until an open breaker would let a probe through.
fn wait_for_probe(gateway: &Gateway, endpoint: usize) {
    wait_for("the time to probe", || (told(gateway, endpoint)["probes"]["next_in_seconds"] == 0.0).then_some(()));
}
