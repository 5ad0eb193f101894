//! Starting the gateway: the configuration is loaded and its names are resolved. Whatever is wrong with it ends the
//! process with exit code 78 before anything listens.

use std::net::ToSocketAddrs;
use std::process::ExitCode;

use crate::cli::{self, RunArguments};
use crate::config::{self, Resolved};

/// Runs the gateway until it is told to stop.
pub(crate) fn run(arguments: &RunArguments) -> ExitCode {
    let blueprint = match config::load(&arguments.config) {
        Ok(blueprint) => blueprint,
        Err(report) => return cli::refuse(&report),
    };
    let mut resolved = Resolved::new();
    for (name, port) in blueprint.names() {
        let addresses = (&*name, port).to_socket_addrs().map(Iterator::collect).unwrap_or_default();
        resolved.insert((name, port), addresses);
    }
    let snapshot = blueprint.snapshot(1, 0, &resolved);
    eprintln!("supplex: generation {} holds, but this build has no workers", snapshot.generation);
    ExitCode::from(cli::EXIT_HOST)
}
