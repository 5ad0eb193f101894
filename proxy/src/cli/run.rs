//! `supplex run`: its arguments. The work is done in `boot.rs`.

use std::path::PathBuf;

use clap::Args;

/// Run the gateway.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  supplex run --config config.toml
  supplex run --config config.toml --ready-file /run/supplex/ready.json

Signals: SIGHUP reloads the configuration, SIGTERM and SIGINT drain and end the process, SIGUSR1 writes the latencies of
the last minute to the file that `telemetry.latency_dump` names, SIGUSR2 opens the access log anew.")]
pub(crate) struct RunArguments {
    /// The configuration file (.toml, .yaml or .yml)
    #[arg(long, short, value_name = "FILE", env = "SUPPLEX_CONFIG", default_value = "config.toml")]
    pub(crate) config: PathBuf,

    /// Where to write a JSON document with the process id and the bound addresses, once every listener accepts
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
}
