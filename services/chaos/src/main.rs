//! `supplex-chaos`: what `make chaos` runs. The command line, and nothing else.

use std::process::ExitCode;

use clap::Parser;
use supplex_chaos::options::Options;
use supplex_chaos::run;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run::run(&Options::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("supplex-chaos: {error}");
            ExitCode::FAILURE
        }
    }
}
