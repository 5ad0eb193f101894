//! `supplex explain`: every decision about a request, each with the line of the configuration that made it. Asks nobody.

use std::io::{self, IsTerminal};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::Args;

use super::EXIT_CONFIG;
use crate::config::{self, Blueprint, Resolved};
use crate::explain::token::{FIELD, LONGEST, Signer};
use crate::explain::{Asked, explain, render};

/// How long a signed header holds.
const LASTS: Duration = Duration::from_secs(300);

/// Explain what becomes of a request.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  supplex explain --config config.toml GET /api/products/7
  supplex explain --config config.toml POST '/api/orders?dry=1' --host shop.test -H 'idempotency-key: 1'
  supplex explain --config config.toml GET / --client 203.0.113.9 --format json
  supplex explain --config config.toml --sign --for 5m     a header that has a running gateway tell it of a real request

Nothing is sent and no name is resolved: a token's signature is not checked, and what limits have left is not known.

Exit codes: 0 a route answers, 1 the gateway would refuse the request, 2 wrong usage, 78 the configuration does not hold.")]
pub(super) struct ExplainArguments {
    /// The method
    #[arg(value_name = "METHOD", required_unless_present = "sign", conflicts_with = "sign")]
    method: Option<String>,

    /// The path with its query, as it stands in the request line
    #[arg(value_name = "PATH", required_unless_present = "sign", conflicts_with = "sign")]
    path: Option<String>,

    /// The configuration file (.toml, .yaml or .yml)
    #[arg(long, short, value_name = "FILE", env = "SUPPLEX_CONFIG", default_value = "config.toml")]
    config: PathBuf,

    /// A header field, as 'name: value'; may be given several times
    #[arg(long = "header", short = 'H', value_name = "FIELD")]
    fields: Vec<String>,

    /// The other end of the connection
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    client: IpAddr,

    /// The host; localhost when no header says one
    #[arg(long, value_name = "NAME")]
    host: Option<String>,

    /// How it is printed
    #[arg(long, value_enum, default_value_t = super::Shape::Text)]
    format: super::Shape,

    /// Print a signed header instead, for a request to a running gateway
    #[arg(long)]
    sign: bool,

    /// How long the signed header holds, at most 24h; 5m when left out
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    lasts: Option<Duration>,
}

pub(super) fn run(arguments: ExplainArguments) -> ExitCode {
    let blueprint = match config::load(&arguments.config) {
        Ok(blueprint) => blueprint,
        Err(report) => return super::refuse(&report),
    };
    if arguments.sign {
        return sign(&blueprint, arguments.lasts.unwrap_or(LASTS));
    }
    if arguments.lasts.is_some() {
        return super::misused("`--for` goes with `--sign`");
    }
    let ExplainArguments { method, path, fields, client, host, format, .. } = arguments;
    let (method, target) = (method.unwrap_or_default(), path.unwrap_or_default());
    let asked = match (Asked { method, target, host, fields, client }).checked() {
        Ok(asked) => asked,
        Err(problem) => return super::misused(problem),
    };
    let snapshot = blueprint.snapshot(0, 0, &Resolved::new());
    let explanation = explain(&blueprint, &snapshot, &asked, now());
    let shown = match format {
        super::Shape::Text => super::print(&render(&explanation, io::stdout().is_terminal())),
        super::Shape::Json => super::print_json(&explanation),
    };
    if explanation.refusal.is_some() { ExitCode::FAILURE } else { shown }
}

fn sign(blueprint: &Blueprint, lasts: Duration) -> ExitCode {
    let Some(signer) = Signer::new(&blueprint.gateway, &blueprint.telemetry) else {
        eprintln!("supplex: there is no key to sign with: set `telemetry.explain_key` or `gateway.admin_token`");
        return ExitCode::from(EXIT_CONFIG);
    };
    super::print(&format!("{FIELD}: {}\n", signer.sign(now() + lasts.as_secs())))
}

/// A duration as in the configuration, in whole seconds.
fn duration(text: &str) -> Result<Duration, String> {
    match config::scalar::Duration::argument(text)?.as_secs() {
        0 => Err("must be at least 1s".to_owned()),
        seconds if seconds > LONGEST => Err("must be at most 24h".to_owned()),
        seconds => Ok(Duration::from_secs(seconds)),
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())
}
