//! nginx, as a candidate and as the upstream of all: one worker, its own prefix, no file outside its folder.

use std::io;
use std::path::Path;

use super::{Candidate, IDLE_UPSTREAM, version_of};
use crate::kit::fetch::{answers, free_address};
use crate::kit::machine::program;
use crate::kit::process::Process;
use crate::kit::settings::Kind;
use crate::kit::upstream::Upstream;

/// Starts nginx as a candidate.
pub(crate) fn candidate(folder: &Path, upstream: &Upstream, cpu: usize) -> io::Result<Candidate> {
    let (address, metrics) = (free_address()?, free_address()?);
    // A 64 KiB body fits into the buffers, so that nginx never spills it to disk; 16 KiB each, as in HAProxy.
    let config = format!(
        r#"{preamble}
    upstream one {{
        server {upstream} max_fails=0;
        keepalive {IDLE_UPSTREAM};
        keepalive_requests 1000000000;
        keepalive_timeout 1h;
    }}
    server {{
        listen {address} backlog=4096;
        location / {{
            proxy_pass http://one;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Request-Id $request_id;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_buffers 8 16k;
            proxy_read_timeout 30s;
            proxy_connect_timeout 1s;
        }}
    }}
    server {{
        listen {metrics};
        location = /metrics {{ stub_status; }}
    }}
}}
"#,
        preamble = preamble(folder),
        upstream = upstream.address,
    );
    let mut process = start("nginx", folder, &config, cpu)?;
    process.wait_until("listen", || answers(address) && answers(metrics))?;
    Ok(Candidate {
        kind: Kind::Nginx,
        version: version_of(&program("nginx")?, "-v"),
        address,
        metrics: (metrics, "/metrics"),
        process,
        redis: None,
    })
}

/// The part that both configurations begin with, up to inside `http {`.
pub(crate) fn preamble(folder: &Path) -> String {
    // Workers of a master started by root change to another user, who could not enter the temporary folder.
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    let folder = folder.display();
    format!(
        r#"{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr error;
worker_rlimit_nofile 16384;
events {{ worker_connections 8000; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    keepalive_timeout 1h;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/client_body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
"#
    )
}

/// Starts nginx with a configuration.
pub(crate) fn start(name: &str, folder: &Path, config: &str, cpu: usize) -> io::Result<Process> {
    let file = folder.join("nginx.conf");
    std::fs::write(&file, config)?;
    let (prefix, file) = (folder.to_string_lossy(), file.to_string_lossy());
    let args = ["-p", &prefix, "-c", &file, "-e", "stderr"];
    Process::start(name, cpu, &program("nginx")?, &args, &folder.join("nginx.log"))
}
