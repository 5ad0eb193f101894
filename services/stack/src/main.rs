//! `supplex-stack`: what `make up`, `down`, `status` and `seed` run. The command line, and nothing else.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use supplex_stack::layout::{Layout, Options};
use supplex_stack::{Error, down, packages, seed, status, up};

/// Runs the whole stack natively: Postgres, Redis, the services, the gateway and Prometheus.
#[derive(Parser)]
#[command(name = "supplex-stack", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Command {
    /// Start what is not running and wait until everything is healthy
    Up,
    /// Stop everything; data stays
    Down {
        /// Remove the data too
        #[arg(long)]
        volumes: bool,
    },
    /// Show what runs; exit 0 only if all of it is healthy
    Status,
    /// Fill the catalogue with believable products, and add users and their orders
    Seed {
        /// Passed on to `svc-products seed`
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Install Debian packages whose programs are missing, or say how to
    Install {
        /// Their names
        #[arg(required = true)]
        packages: Vec<String>,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("supplex-stack: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<bool, Error> {
    if let Command::Install { packages } = &cli.command {
        let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
        return packages::provide(&packages).map(|()| true);
    }
    if matches!(cli.command, Command::Up) {
        // Before anything is laid out: a package brings the account that its data will belong to.
        packages::provide(&packages::STACK)?;
        if !cli.options.no_prometheus {
            packages::provide_if_possible("prometheus", "nothing keeps the metrics");
        }
    }
    let layout = Layout::new(&cli.options)?;
    match &cli.command {
        Command::Up => up::up(&layout).await?,
        Command::Down { volumes } => down::down(&layout, *volumes)?,
        Command::Status => return status::status(&layout).await,
        Command::Seed { arguments } => seed::seed(&layout, arguments)?,
        Command::Install { .. } => {}
    }
    Ok(true)
}
