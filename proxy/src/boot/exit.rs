//! Why the process ends before it served, and with which code (a contract with whoever supervises it).
//!
//! 0: drained. 1: a second signal cut the drain short. 2: usage (clap). 70: a worker died. 71: this host cannot run it.
//! 78: the configuration is wrong.

use std::process::ExitCode;

use crate::cli;
use crate::config::Report;

/// The drain was over, or its time was.
pub(crate) const DRAINED: u8 = 0;
/// A second signal came while workers were busy.
pub(crate) const CUT_SHORT: u8 = 1;
/// A worker ended on its own.
pub(crate) const WORKER_DIED: u8 = 70;

/// Why the gateway does not run.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The configuration was refused.
    Configuration(Box<Report>),
    /// The host refuses something the gateway needs: one message with cause and cure.
    Host(String),
    /// A worker ended or did not start to serve.
    Worker(String),
}

impl Failure {
    /// Says on standard error what is wrong; the answer is the exit code that tells a supervisor what to do about it.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Failure::Configuration(report) => cli::refuse(&report),
            Failure::Host(message) => {
                eprintln!("supplex: this host cannot run the gateway: {message}");
                ExitCode::from(cli::EXIT_HOST)
            }
            Failure::Worker(message) => {
                eprintln!("supplex: {message}");
                ExitCode::from(WORKER_DIED)
            }
        }
    }
}
