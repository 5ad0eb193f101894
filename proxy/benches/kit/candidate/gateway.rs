//! The gateway as a candidate: a complete configuration, one worker, started and awaited as an operator would.

use std::io;
use std::path::Path;

use serde_json::Value;

use super::{Candidate, IDLE_UPSTREAM, version_of};
use crate::kit::fetch::{answers, free_address};
use crate::kit::process::Process;
use crate::kit::settings::Kind;
use crate::kit::upstream::Upstream;

/// Starts one build of the gateway.
pub(crate) fn candidate(
    kind: Kind,
    binary: &Path,
    folder: &Path,
    upstream: &Upstream,
    cpu: usize,
) -> io::Result<Candidate> {
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

[upstreams.one]
endpoints = ["{upstream}"]
connect_timeout = "1s"
idle_per_worker = {IDLE_UPSTREAM}
idle_timeout = "10m"
"#,
            admin = free_address()?,
            listener = free_address()?,
            upstream = upstream.address,
        ),
    )?;
    let args = ["run", "--config", &config.to_string_lossy(), "--ready-file", &ready.to_string_lossy()];
    let mut process = Process::start(kind.name(), cpu, binary, &args, &folder.join("gateway.log"))?;
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
    })
}
