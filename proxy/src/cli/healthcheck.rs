//! `supplex healthcheck`: asks a running gateway's `/healthz` and answers with the exit code, for containers that have no
//! other HTTP client.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::config;

/// Ask a running gateway whether it is healthy.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  supplex healthcheck                          asks 127.0.0.1:9900
  supplex healthcheck --admin 127.0.0.1:9901
  supplex healthcheck --config config.toml     asks the address in the configuration, with its token

Exit codes: 0 healthy, 1 not healthy or not there, 78 the configuration does not hold.")]
pub(super) struct HealthcheckArguments {
    /// The address of the admin endpoint
    #[arg(long, value_name = "ADDRESS", conflicts_with = "config", default_value = "127.0.0.1:9900")]
    admin: SocketAddr,

    /// Take the address and the token from this configuration
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,

    /// How long connecting and each read may take, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    timeout: u64,
}

pub(super) fn run(arguments: &HealthcheckArguments) -> ExitCode {
    let (admin, token) = match &arguments.config {
        None => (arguments.admin, None),
        Some(path) => match config::load(path) {
            Ok(blueprint) => (blueprint.gateway.admin, blueprint.gateway.admin_token),
            Err(report) => return super::refuse(&report),
        },
    };
    match ask(reachable(admin), token.as_deref(), Duration::from_millis(arguments.timeout)) {
        Ok(200) => ExitCode::SUCCESS,
        Ok(status) => {
            eprintln!("supplex: {admin} is not healthy: status {status}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("supplex: {admin} does not answer: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The status code of `GET /healthz`.
fn ask(admin: SocketAddr, token: Option<&str>, timeout: Duration) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect_timeout(&admin, timeout)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    let authorization = token.map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {admin}\r\n{authorization}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    // The status line alone matters: "HTTP/1.1 200".
    let mut line = [0; 12];
    stream.read_exact(&mut line)?;
    let status = line.strip_prefix(b"HTTP/1.1 ").and_then(|code| std::str::from_utf8(code).ok());
    status.and_then(|code| code.parse().ok()).ok_or_else(|| std::io::Error::other("the answer is not HTTP/1.1"))
}

/// Where to connect to reach a socket that listens on `address`: an unspecified address means every one, so loopback.
pub(super) fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
