//! `supplex top`: what a running gateway does, live in a terminal: requests, latencies, breakers, limits, workers.
//!
//! It asks the admin endpoint as anybody may, so it needs nothing of the gateway's host but that address, and never changes
//! anything there. Where to read on: `top/look.rs` (what it asks for), `top/frame.rs` (what it shows of it), `top/live.rs`
//! (when), `top/screen.rs` (the terminal).

mod ask;
mod documents;
mod estimate;
mod format;
mod frame;
mod grid;
mod latency;
mod live;
mod look;
mod screen;

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio::time::sleep;

use self::ask::{Admin, Place};
use self::live::Watch;
use super::healthcheck::reachable;
use crate::config;
use crate::config::decode::Text;
use crate::config::scalar::duration;

/// The shortest time between two looks.
const SHORTEST: Duration = Duration::from_millis(100);

/// Watch a running gateway: requests, latencies, breakers, limits, workers.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  supplex top                                  asks 127.0.0.1:9900
  supplex top --admin http://127.0.0.1:9901
  supplex top --config config.toml             asks the address in the configuration, with its token
  supplex top --once --interval 5s             prints the rates of five seconds and ends

In a terminal `q` or Ctrl-C ends it. Anywhere else one frame follows the other, as plain text. Without a configuration the
token is taken from SUPPLEX_ADMIN_TOKEN. NO_COLOR leaves the colours away.

Exit codes: 0 done, 1 the gateway does not answer, 78 the configuration does not hold.")]
pub(super) struct TopArguments {
    /// Where the admin endpoint listens
    #[arg(long, value_name = "URL", conflicts_with = "config", default_value = "http://127.0.0.1:9900")]
    admin: Place,

    /// Take the address and the token from this configuration
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Print one frame and end
    #[arg(long)]
    once: bool,

    /// How often to look, from 100ms; rates are of this time
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = interval)]
    interval: Duration,
}

pub(super) fn run(arguments: &TopArguments) -> ExitCode {
    let (place, token) = match &arguments.config {
        None => (arguments.admin.clone(), std::env::var("SUPPLEX_ADMIN_TOKEN").ok().filter(|token| !token.is_empty())),
        Some(path) => match config::load(path) {
            Ok(blueprint) => {
                (Place::of(reachable(blueprint.gateway.admin)), blueprint.gateway.admin_token.map(Into::into))
            }
            Err(report) => return super::refuse(&report),
        },
    };
    let watch = Watch::new(Admin::new(place, token), arguments.interval);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let result = runtime.block_on(async {
        match (arguments.once, io::stdout().is_terminal()) {
            (true, _) => once(watch, arguments.interval).await,
            (false, true) => watch.on_screen().await,
            (false, false) => watch.onto_pipe().await,
        }
    });
    match result {
        Ok(code) => code,
        // Whoever reads has enough, as `head` does.
        Err(live::Ended::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(live::Ended::Output(error)) => fail(&error),
        Err(live::Ended::Gateway(failure)) => fail(&failure),
    }
}

/// Two looks, because a rate needs two, and one frame.
async fn once(mut watch: Watch, interval: Duration) -> Result<ExitCode, live::Ended> {
    watch.look().await.map_err(live::Ended::Gateway)?;
    sleep(interval).await;
    watch.look().await.map_err(live::Ended::Gateway)?;
    Ok(super::print(&watch.plain()))
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("supplex: {error}");
    ExitCode::FAILURE
}

fn interval(text: &str) -> Result<Duration, String> {
    match duration::Duration::parse(text) {
        Ok(duration::Duration(interval)) if interval >= SHORTEST => Ok(interval),
        Ok(_) => Err("must be at least 100ms".to_owned()),
        Err(_) => Err("not a duration such as `500ms` or `2s`".to_owned()),
    }
}
