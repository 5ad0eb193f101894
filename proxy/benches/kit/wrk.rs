//! Saturating load: Debian's wrk with one thread on the load CPU, and what it says about a run.

use std::io;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::machine::program;
use super::process::output_of;
use super::settings::scripts_folder;

/// What a client saw of one run. Latencies in microseconds.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Answered requests.
    pub(crate) requests: u64,
    /// How long it took.
    pub(crate) seconds: f64,
    /// Half of the requests were answered within this.
    pub(crate) p50_us: f64,
    /// Nine of ten.
    pub(crate) p90_us: f64,
    /// 99 of 100.
    pub(crate) p99_us: f64,
    /// 999 of 1,000.
    pub(crate) p999_us: f64,
    /// How late the sender itself was for 99 of 100 requests of a constant-rate run. It is part of their latency, for all
    /// candidates alike; where it is not far below the p99, the load's own CPU was the limit.
    #[serde(default)]
    pub(crate) sent_late_p99_us: f64,
    /// What went wrong; anything here makes the run invalid.
    pub(crate) errors: Errors,
}

/// Requests without a good answer, by what happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Errors {
    pub(crate) connect: u64,
    pub(crate) read: u64,
    pub(crate) write: u64,
    /// Answers with a status other than 2xx (wrk: above 399).
    pub(crate) status: u64,
    pub(crate) timeout: u64,
    /// Requests of a constant-rate run that were due and had no answer a second after its end.
    pub(crate) unfinished: u64,
}

impl Errors {
    /// All of them.
    pub(crate) fn sum(self) -> u64 {
        self.connect + self.read + self.write + self.status + self.timeout + self.unfinished
    }
}

/// Runs wrk once.
pub(crate) fn run(
    target: SocketAddr,
    script: &str,
    connections: u32,
    seconds: u32,
    load_cpu: usize,
) -> io::Result<Outcome> {
    let script = scripts_folder().join(script);
    let (connections, duration) = (format!("-c{connections}"), format!("-d{seconds}s"));
    let (script, url) = (script.to_string_lossy(), format!("http://{target}"));
    let args = ["-t1", &connections, &duration, "--latency", "--timeout", "5s", "-s", &script, &url];
    let text = output_of("wrk", load_cpu, &program("wrk")?, &args)?;
    let line = text.lines().find_map(|line| line.strip_prefix("supplex-wrk "));
    let line = line.ok_or_else(|| io::Error::other(format!("wrk printed no result line:\n{text}")))?;
    serde_json::from_str(line).map_err(|error| io::Error::other(format!("wrk's result line is unreadable: {error}")))
}
