//! The gateway as a candidate: a complete configuration, one worker, started and awaited as an operator would.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;

use super::{Candidate, IDLE_UPSTREAM, redis, version_of};
use crate::kit::fetch::{answers, free_address};
use crate::kit::process::Process;
use crate::kit::settings::{Cpus, Kind};
use crate::kit::upstream::Upstream;

/// Starts one build of the gateway.
pub(crate) fn candidate(
    kind: Kind,
    binary: &Path,
    folder: &Path,
    upstream: &Upstream,
    cpus: Cpus,
) -> io::Result<Candidate> {
    // On the CPU of the load, as it would be on another machine.
    let redis = match kind {
        Kind::Leased | Kind::Exact => Some(redis::start(folder, cpus.load)?),
        _ => None,
    };
    let protection = redis.as_ref().map_or_else(String::new, |(_, address)| protection(kind, *address));
    let limits = if redis.is_some() { r#"limits = ["per-client"]"# } else { "" };
    let (config, ready) = (folder.join("config.toml"), folder.join("ready.json"));
    // A run before this one may have left its ready file here.
    let _ = std::fs::remove_file(&ready);
    // Metrics, request id and forwarded fields need no key: they are always on. No access log is the default.
    std::fs::write(
        &config,
        format!(
            r#"[gateway]
workers = 1
admin = "{admin}"

[[listeners]]
name = "public"
address = "{listener}"
idle_timeout = "10m"
max_connections = 16000

[[routes]]
name = "everything"
match = {{ prefix = "/" }}
upstream = "one"
timeout = "30s"
{limits}

[upstreams.one]
endpoints = ["{upstream}"]
connect_timeout = "1s"
idle_per_worker = {IDLE_UPSTREAM}
idle_timeout = "10m"
{protection}
"#,
            admin = free_address()?,
            listener = free_address()?,
            upstream = upstream.address,
        ),
    )?;
    let args = ["run", "--config", &config.to_string_lossy(), "--ready-file", &ready.to_string_lossy()];
    let mut process = Process::start(kind.name(), cpus.proxy, binary, &args, &folder.join("gateway.log"))?;
    let mut state = Value::Null;
    process.wait_until("write its ready file", || {
        let text = std::fs::read_to_string(&ready).unwrap_or_default();
        state = serde_json::from_str(&text).unwrap_or(Value::Null);
        state.is_object()
    })?;
    let address = |value: &Value| {
        let parsed = value.as_str().and_then(|text| text.parse().ok());
        parsed.ok_or_else(|| io::Error::other(format!("an address is missing from the ready file: {state}")))
    };
    let (public, admin) = (address(&state["listeners"]["public"])?, address(&state["admin"])?);
    process.wait_until("listen", || answers(public) && answers(admin))?;
    Ok(Candidate {
        kind,
        version: version_of(binary, "--version"),
        address: public,
        metrics: (admin, "/metrics"),
        process,
        redis: redis.map(|(process, _)| process),
    })
}

/// Breakers with the contract's defaults, and a limit per client that the load never reaches: what is measured is the price
/// of asking, not the cheap answer of a refusal.
fn protection(kind: Kind, redis: SocketAddr) -> String {
    let precision = if kind == Kind::Exact { "exact" } else { "lease" };
    format!(
        r#"
[upstreams.one.breaker]
window = "10s"
min_requests = 20
error_ratio = 0.5
slow_after = "1s"
slow_ratio = 0.8
open_for = "30s"
probes = 3
mode = "enforce"

[limits.per-client]
rate = "500000/s"
burst = 1000000
key = "client_ip"
store = "redis"
precision = "{precision}"

[redis]
url = "redis://{redis}/0"
"#
    )
}
