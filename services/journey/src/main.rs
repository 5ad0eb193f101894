//! `supplex-journey`: what `make demo` and `make journey` run. The command line, and nothing else.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use supplex_journey::options::{Cli, Command};
use supplex_journey::{books, demo, load};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match &cli.command {
        Command::Demo(options) => demo::run(&cli.target, options).await,
        Command::Load(options) => load::run(&cli.target, options).await,
        Command::Check => books::run(&cli.target).await,
    };
    // Whether anybody still reads it must not change the exit status.
    let _nobody_reads = std::io::stdout().flush();
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(what) => {
            eprintln!("supplex-journey: {what}");
            ExitCode::FAILURE
        }
    }
}
