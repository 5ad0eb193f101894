//! The settings every service takes, from the command line or the environment.
//!
//! A service flattens [`Settings`] into its own [`clap`] parser, so `--help` shows everything in one place. Nothing here
//! reads a file.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::listen::Listen;

/// Where a service listens, where it logs and how it treats its requests.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// Where to listen: an address with a port (0 asks for a free one), or `unix:` and a path
    #[arg(long, env = "LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: Listen,

    /// Write a JSON file with the pid and the address once requests are served
    #[arg(long, env = "READY_FILE", value_name = "PATH")]
    pub ready_file: Option<PathBuf>,

    /// The longest a request may take, in milliseconds
    #[arg(long, env = "REQUEST_TIMEOUT_MS", value_name = "MS", default_value = "5000", value_parser = milliseconds)]
    pub request_timeout: Duration,

    /// How long open requests may go on after SIGTERM, in milliseconds
    #[arg(long, env = "DRAIN_TIMEOUT_MS", value_name = "MS", default_value = "10000", value_parser = milliseconds)]
    pub drain_timeout: Duration,

    /// Database settings.
    #[command(flatten)]
    pub database: DatabaseSettings,
}

/// How a service reaches its database.
#[derive(Args, Clone, Debug)]
pub struct DatabaseSettings {
    /// The service's own database
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: tokio_postgres::Config,

    /// The most connections to the database
    #[arg(long, env = "DATABASE_CONNECTIONS", value_name = "N", default_value = "8",
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub database_connections: u16,

    /// How long to wait at start until the database answers, in milliseconds
    #[arg(long, env = "DATABASE_WAIT_MS", value_name = "MS", default_value = "30000", value_parser = milliseconds)]
    pub database_wait: Duration,
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u32>() {
        Ok(0) => Err("must be at least 1".into()),
        Ok(number) => Ok(Duration::from_millis(number.into())),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        settings: Settings,
    }

    const URL: &str = "postgresql://shop:secret@127.0.0.1:5433/products";

    #[test]
    fn a_database_url_is_all_that_must_be_given() {
        let cli = Cli::try_parse_from(["svc", "--database-url", URL]).expect("valid");
        assert_eq!(cli.settings.listen.to_string(), "127.0.0.1:0");
        assert_eq!(cli.settings.request_timeout, Duration::from_secs(5));
        assert_eq!(cli.settings.database.database_url.get_dbname(), Some("products"));
    }

    #[test]
    fn nonsense_is_refused() {
        for wrong in [
            ["--request-timeout", "0"],
            ["--drain-timeout", "soon"],
            ["--database-connections", "0"],
            ["--listen", "localhost"],
        ] {
            let arguments = ["svc", "--database-url", URL].into_iter().chain(wrong);
            assert!(Cli::try_parse_from(arguments).is_err(), "{wrong:?} was accepted");
        }
        assert!(Cli::try_parse_from(["svc", "--database-url", "products"]).is_err());
    }
}
