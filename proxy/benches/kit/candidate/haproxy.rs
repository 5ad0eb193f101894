//! HAProxy as a candidate: one thread, connections to the upstream shared by all clients, its Prometheus exporter on.

use std::io;
use std::path::Path;

use super::{Candidate, version_of};
use crate::kit::fetch::{answers, free_address};
use crate::kit::machine::program;
use crate::kit::process::Process;
use crate::kit::settings::Kind;
use crate::kit::upstream::Upstream;

/// Starts HAProxy.
pub(crate) fn candidate(folder: &Path, upstream: &Upstream, cpu: usize) -> io::Result<Candidate> {
    let (address, metrics) = (free_address()?, free_address()?);
    let binary = program("haproxy")?;
    let file = folder.join("haproxy.cfg");
    std::fs::write(
        &file,
        format!(
            r#"global
    nbthread 1
    maxconn 8000

defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 30s
    timeout http-request 5s
    timeout http-keep-alive 60s
    option http-keep-alive
    http-reuse always
    option forwardfor
    unique-id-format %{{+X}}o\ %ci:%cp_%fi:%fp_%Ts_%rt:%pid
    unique-id-header X-Request-Id

frontend public
    bind {address} backlog 4096
    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Host %[req.hdr(Host)]
    default_backend upstream

backend upstream
    server one {upstream} maxconn 8000

frontend metrics
    bind {metrics}
    http-request use-service prometheus-exporter if {{ path /metrics }}
    http-request deny
"#,
            upstream = upstream.address,
        ),
    )?;
    let args = ["-db", "-f", &file.to_string_lossy()];
    let mut process = Process::start("haproxy", cpu, &binary, &args, &folder.join("haproxy.log"))?;
    process.wait_until("listen", || answers(address) && answers(metrics))?;
    Ok(Candidate {
        kind: Kind::Haproxy,
        version: version_of(&binary, "-v"),
        address,
        metrics: (metrics, "/metrics"),
        process,
        redis: None,
    })
}
