//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

const EXAMPLES: &str = "Examples:
  supplex-journey demo                                  one shopper through the stack of `make up`, step by step
  supplex-journey demo --gateway http://127.0.0.1:8080  through another one
  supplex-journey load --shoppers 50 --seconds 30       50 shoppers in parallel; percentiles, failures, and the books
  supplex-journey load --journeys 500 --json            500 journeys, as JSON
  supplex-journey check                                 only compare the books

Exit status: 0 when everything was as it should be, 1 when something was not, 2 for wrong arguments.";

/// Shoppers who walk through the marketplace, always through the gateway.
#[derive(Debug, Parser)]
#[command(name = "supplex-journey", version, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Where.
    #[command(flatten)]
    pub target: TargetOptions,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Have one shopper walk through everything, and show each step
    Demo(DemoOptions),
    /// Have many shoppers walk at the same time, measure them, and compare the books afterwards
    Load(LoadOptions),
    /// Compare the books of orders, payments and products
    Check,
}

/// Where the shoppers go.
#[derive(Args, Clone, Debug)]
pub struct TargetOptions {
    /// The folder in which `make up` keeps its state
    #[arg(long, env = "SUPPLEX_RUN", value_name = "FOLDER", default_value = ".run", global = true)]
    pub run: PathBuf,

    /// Another gateway than that of `make up`, such as http://127.0.0.1:8080; then there are no books to compare
    #[arg(long, value_name = "URL", global = true)]
    pub gateway: Option<String>,
}

/// How the demo is shown.
#[derive(Args, Clone, Copy, Debug)]
pub struct DemoOptions {
    /// Without colours, which are shown on a terminal only in any case
    #[arg(long, env = "NO_COLOR", value_parser = clap::builder::FalseyValueParser::new())]
    pub no_color: bool,
}

/// How much load.
#[derive(Args, Clone, Copy, Debug)]
pub struct LoadOptions {
    /// How many shoppers walk at the same time
    #[arg(long, value_name = "N", default_value = "50", value_parser = clap::value_parser!(u32).range(1..=5000))]
    pub shoppers: u32,

    /// For how long new journeys begin [default: 30, unless --journeys is given]
    #[arg(long, value_name = "N", conflicts_with = "journeys", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub seconds: Option<u32>,

    /// How many journeys there are, whatever time they take
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub journeys: Option<u32>,

    /// How long a shopper thinks between two steps, on average; thinking is not part of any time that is reported
    #[arg(long, value_name = "MS", default_value = "100", value_parser = clap::value_parser!(u32).range(0..=60_000))]
    pub think: u32,

    /// Print JSON and nothing else
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(words: &[&str]) -> Result<LoadOptions, clap::Error> {
        let cli = Cli::try_parse_from(["journey", "load"].iter().chain(words))?;
        match cli.command {
            Command::Load(options) => Ok(options),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_load_goes_by_time_or_by_number() {
        let by_default = load(&[]).expect("valid");
        assert_eq!((by_default.shoppers, by_default.seconds, by_default.journeys), (50, None, None));
        assert_eq!(load(&["--seconds", "5"]).expect("valid").seconds, Some(5));
        assert_eq!(load(&["--journeys", "7"]).expect("valid").journeys, Some(7));
        assert!(load(&["--journeys", "7", "--seconds", "5"]).is_err());
        assert!(load(&["--shoppers", "0"]).is_err());
    }

    #[test]
    fn the_target_may_stand_behind_the_command() {
        let cli = Cli::try_parse_from(["journey", "demo", "--gateway", "http://127.0.0.1:1"]).expect("valid");
        assert_eq!(cli.target.gateway.as_deref(), Some("http://127.0.0.1:1"));
    }
}
