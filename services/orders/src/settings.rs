//! What can be set, besides what every service takes: where the other services are, and how long things may take.

use std::time::Duration;

use clap::Args;
use supplex_kit::Settings;
use supplex_kit::identity::HttpSource;

use crate::calls::{Nodes, Token};

/// Where the other services are.
#[derive(Args, Clone, Debug)]
pub(crate) struct Others {
    /// Where the keys of access tokens are
    #[arg(long, env = "JWKS_URL", value_name = "URL")]
    pub(crate) jwks_url: HttpSource,

    /// The token by which the services of the marketplace know each other, at least 16 characters
    #[arg(long, env = "SERVICE_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = Token::parse)]
    pub(crate) service_token: Token,

    /// Where products are: the gateway's http://HOST:PORT/api, or nodes, separated by commas, which are taken in turn
    #[arg(long, env = "PRODUCTS_URL", value_name = "URL")]
    pub(crate) products_url: Nodes,

    /// Where payments are made, in the same form
    #[arg(long, env = "PAYMENTS_URL", value_name = "URL")]
    pub(crate) payments_url: Nodes,

    /// The longest a call to another service may take, its repetitions included, such as 4s or 500ms
    #[arg(long, env = "CALL_TIMEOUT", value_name = "TIME", default_value = "4s", value_parser = time)]
    pub(crate) call_timeout: Duration,
}

/// How checkouts and cancellations are worked on.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Work {
    /// How long a request waits for its checkout or cancellation until it is answered 202
    #[arg(long, env = "CHECKOUT_WAIT", value_name = "TIME", default_value = "4s", value_parser = time)]
    pub(crate) checkout_wait: Duration,

    /// How long stock is reserved for a checkout, in seconds
    #[arg(long, env = "RESERVATION_SECONDS", value_name = "S", default_value = "600",
          value_parser = clap::value_parser!(i32).range(1..=86_400))]
    pub(crate) reservation_seconds: i32,

    /// How many checkouts and cancellations are worked on at once
    #[arg(long, env = "SAGAS_AT_ONCE", value_name = "N", default_value = "32",
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) sagas_at_once: u16,

    /// After how long without a sign of life another process takes over; at least twice the call timeout
    #[arg(long, env = "SAGA_LEASE", value_name = "TIME", default_value = "15s", value_parser = time)]
    pub(crate) saga_lease: Duration,

    /// How often unfinished checkouts and cancellations are looked for
    #[arg(long, env = "SAGA_INTERVAL", value_name = "TIME", default_value = "250ms", value_parser = time)]
    pub(crate) saga_interval: Duration,

    /// The longest pause between two tries of a step
    #[arg(long, env = "SAGA_LONGEST_PAUSE", value_name = "TIME", default_value = "30s", value_parser = time)]
    pub(crate) saga_longest_pause: Duration,
}

/// Whether settings that are good by themselves are good together.
///
/// # Errors
/// In words, when they are not.
pub(crate) fn check(settings: &Settings, others: &Others, work: &Work) -> Result<(), String> {
    if work.saga_lease < others.call_timeout * 2 {
        return Err("SAGA_LEASE must be at least twice CALL_TIMEOUT, or others take over what is under way".into());
    }
    if work.checkout_wait >= settings.request_timeout {
        return Err("CHECKOUT_WAIT must be shorter than REQUEST_TIMEOUT_MS, or nobody is ever answered 202".into());
    }
    Ok(())
}

/// Reads a time such as `4s` or `500ms`. A number alone is in milliseconds.
fn time(text: &str) -> Result<Duration, String> {
    let (number, scale) = match text.strip_suffix("ms") {
        Some(number) => (number, 1),
        None => text.strip_suffix('s').map_or((text, 1), |number| (number, 1000)),
    };
    match number.trim().parse::<u32>().ok().and_then(|number| number.checked_mul(scale)) {
        Some(0) => Err("must be at least 1ms".into()),
        Some(milliseconds) => Ok(Duration::from_millis(milliseconds.into())),
        None => Err("must be such as 4s or 500ms".into()),
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
        #[command(flatten)]
        others: Others,
        #[command(flatten)]
        work: Work,
    }

    const NEEDED: [&str; 6] = [
        "svc",
        "--database-url=postgresql://localhost/orders",
        "--jwks-url=http://127.0.0.1:7101/.well-known/jwks.json",
        "--service-token=0123456789-of-a-test",
        "--products-url=http://127.0.0.1:7102,http://127.0.0.1:7112",
        "--payments-url=http://127.0.0.1:8080/api",
    ];

    fn checked(more: &[&str]) -> Result<(), String> {
        // An argument may be given only once.
        let name = |argument: &str| argument.split('=').next().map(str::to_owned);
        let needed = NEEDED.iter().filter(|needed| more.iter().all(|given| name(given) != name(needed)));
        let cli = Cli::try_parse_from(needed.chain(more)).map_err(|error| error.to_string())?;
        check(&cli.settings, &cli.others, &cli.work)
    }

    #[test]
    fn the_defaults_fit_together_and_contradictions_are_refused() {
        assert_eq!(checked(&[]), Ok(()));
        for (wrong, said) in [
            (["--call-timeout=8s"], "SAGA_LEASE"),
            (["--saga-lease=7s"], "SAGA_LEASE"),
            (["--checkout-wait=5s"], "CHECKOUT_WAIT"),
            (["--checkout-wait=0"], "at least"),
            (["--call-timeout=soon"], "such as"),
            (["--service-token=short"], "16"),
            (["--products-url=localhost"], "http://"),
        ] {
            assert!(checked(&wrong).is_err_and(|error| error.contains(said)), "{wrong:?}");
        }
    }

    #[test]
    fn times_have_units() {
        assert_eq!(time("4s"), Ok(Duration::from_secs(4)));
        assert_eq!(time("500ms"), time("500"));
        for wrong in ["", "s", "1m", "-1s", "1.5s"] {
            assert!(time(wrong).is_err(), "{wrong:?}");
        }
    }
}
