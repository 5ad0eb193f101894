//! A program under measurement, started, pinned and checked.
//!
//! All candidates are set up as they would be in production and do the same work: keep-alive on both sides with the same
//! number of idle upstream connections, a request id, `X-Forwarded-For/-Proto/-Host`, metrics on, access log off, one
//! worker or thread. `Candidate::check` refuses to measure one that does not.

pub(crate) mod gateway;
pub(crate) mod haproxy;
pub(crate) mod nginx;
mod redis;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use rustix::process::Pid;

use super::fetch::fetch;
use super::process::Process;
use super::settings::{Cpus, Kind, Settings};
use super::upstream::{JSON, LARGE, Upstream};

/// Idle connections to the upstream that every candidate may keep: the largest number of connections in any scenario.
pub(crate) const IDLE_UPSTREAM: u32 = 256;

/// A running candidate.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// Which program it is.
    pub(crate) kind: Kind,
    /// What it says its version is.
    pub(crate) version: String,
    /// Where it takes requests.
    pub(crate) address: SocketAddr,
    /// Where its metrics are, and under which path.
    pub(crate) metrics: (SocketAddr, &'static str),
    /// Its process.
    pub(crate) process: Process,
    /// The Redis that belongs to it, whose CPU time counts as the candidate's.
    pub(crate) redis: Option<Process>,
}

impl Candidate {
    /// Starts one in a folder of its own below `base` and checks that it does the work that is measured.
    pub(crate) fn start(
        kind: Kind,
        settings: &Settings,
        cpus: Cpus,
        upstream: &Upstream,
        base: &Path,
    ) -> io::Result<Self> {
        let folder = base.join(kind.name());
        std::fs::create_dir_all(&folder)?;
        let mut candidate = match kind {
            Kind::Haproxy => haproxy::candidate(&folder, upstream, cpus.proxy)?,
            Kind::Nginx => nginx::candidate(&folder, upstream, cpus.proxy)?,
            Kind::Supplex | Kind::Other | Kind::Leased | Kind::Exact => {
                gateway::candidate(kind, &settings.gateway_binary(kind)?, &folder, upstream, cpus)?
            }
        };
        candidate.check().map_err(|error| io::Error::other(format!("{} fails the check: {error}", kind.name())))?;
        Ok(candidate)
    }

    /// The process groups whose CPU time is the candidate's.
    pub(crate) fn groups(&self) -> Vec<Pid> {
        [Some(&self.process), self.redis.as_ref()].into_iter().flatten().map(Process::group).collect()
    }

    /// Fails when one of its processes has ended.
    pub(crate) fn check_alive(&mut self) -> io::Result<()> {
        self.process.check_alive()?;
        self.redis.as_mut().map_or(Ok(()), Process::check_alive)
    }

    fn check(&mut self) -> io::Result<()> {
        self.check_alive()?;
        let json = fetch(self.address, "/json")?;
        if json.status != 200 || json.body != JSON.as_bytes() {
            return Err(io::Error::other(format!("the small answer is not relayed (status {})", json.status)));
        }
        let large = fetch(self.address, "/body-64k")?;
        if large.status != 200 || large.body.len() != LARGE {
            let (status, length) = (large.status, large.body.len());
            return Err(io::Error::other(format!("the large answer is not relayed (status {status}, {length} bytes)")));
        }
        let seen = String::from_utf8_lossy(&fetch(self.address, "/headers")?.body).into_owned();
        let wanted = ["for=127.0.0.1 ".to_owned(), "proto=http ".to_owned(), format!("host={} ", self.address)];
        if seen.starts_with("id= ") || wanted.iter().any(|part| !seen.contains(part.as_str())) {
            return Err(io::Error::other(format!("request fields are missing; the upstream saw: {seen}")));
        }
        let metrics = fetch(self.metrics.0, self.metrics.1)?;
        if metrics.status != 200 || metrics.body.is_empty() {
            return Err(io::Error::other(format!("no metrics at {}{}", self.metrics.0, self.metrics.1)));
        }
        Ok(())
    }
}

/// The first line a program prints about its version.
fn version_of(program: &Path, flag: &str) -> String {
    let Ok(output) = Command::new(program).arg(flag).output() else { return "unknown".to_owned() };
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    text.lines().next().filter(|line| !line.is_empty()).unwrap_or("unknown").to_owned()
}
