//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::steps::Step;

const EXAMPLES: &str = "Examples:
  supplex-chaos                                     everything, about four minutes
  supplex-chaos --steps killed-node,redis-killed    only these
  supplex-chaos --seconds 20                        a third of the time, and rougher figures
  supplex-chaos --gateway target/release/supplex    another gateway than the one beside this program

Exit status: 0 when every verdict holds, 1 when one does not or the run could not be made, 2 for wrong arguments.
Latencies are judged by the median of the p99 of several windows; on a machine that is busy otherwise they still vary.";

/// Breaks a stack of its own on purpose, under load, and says what clients saw of it.
#[derive(Clone, Debug, Parser)]
#[command(name = "supplex-chaos", version, after_help = EXAMPLES)]
pub struct Options {
    /// Which steps, in this order [default: all]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "STEPS")]
    pub steps: Vec<Step>,

    /// How long limits are watched for exactness; everything else is scaled with it
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = clap::value_parser!(u32).range(3..=3600))]
    pub seconds: u32,

    /// The folder for the results, and for the stack while it runs
    #[arg(long, value_name = "FOLDER", default_value = "target/chaos")]
    pub out: PathBuf,

    /// The gateway's program [default: `supplex` beside this one]
    #[arg(long, env = "SUPPLEX_GATEWAY", value_name = "PATH")]
    pub gateway: Option<PathBuf>,

    /// The catalogue's program [default: `svc-products` beside this one]
    #[arg(long, env = "SUPPLEX_PRODUCTS", value_name = "PATH")]
    pub products: Option<PathBuf>,

    /// The payments' program [default: `svc-payments` beside this one]
    #[arg(long, env = "SUPPLEX_PAYMENTS", value_name = "PATH")]
    pub payments: Option<PathBuf>,

    /// The users' program [default: `svc-users` beside this one]
    #[arg(long, env = "SUPPLEX_USERS", value_name = "PATH")]
    pub users: Option<PathBuf>,

    /// The orders' program [default: `svc-orders` beside this one]
    #[arg(long, env = "SUPPLEX_ORDERS", value_name = "PATH")]
    pub orders: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_chosen_by_name_and_all_by_default() {
        let options = Options::try_parse_from(["chaos", "--steps", "reload,killed-node"]).expect("valid");
        assert_eq!(options.steps, [Step::Reload, Step::KilledNode]);
        assert!(Options::try_parse_from(["chaos"]).expect("valid").steps.is_empty());
        assert!(Options::try_parse_from(["chaos", "--steps", "peace"]).is_err());
        assert!(Options::try_parse_from(["chaos", "--seconds", "1"]).is_err());
    }
}
