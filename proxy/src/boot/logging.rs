//! The log of the control plane: lines on standard error, in colour on a terminal.
//!
//! Only the sidecar and the start of the process log here. Requests have the access log (`access_log.rs`).

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// The variable that sets the level (`debug`, `supplex=debug,hyper=warn`); `info` without it.
pub(crate) const LEVEL: &str = "SUPPLEX_LOG";

/// Starts logging. Later calls change nothing.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_env(LEVEL).unwrap_or_else(|_| EnvFilter::new("info"));
    let colour = io::stderr().is_terminal();
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_ansi(colour);
    // Fails only when another subscriber is there already, as in tests; that one is as good.
    let _ = subscriber.with_writer(io::stderr).try_init();
}
