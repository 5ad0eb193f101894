//! Why the process ends before it served, and with which code (a contract with whoever supervises it).
//!
//! 0: drained. 1: a second signal cut the drain short. 2: usage (clap). 70: a worker died. 71: this host cannot run it.
//! 78: the configuration is wrong.

use std::fmt;
use std::process::ExitCode;

use crate::config::Report;

/// The drain was over, or its time was.
pub const DRAINED: u8 = 0;
/// A second signal came while workers were busy.
pub const CUT_SHORT: u8 = 1;
/// A worker ended on its own.
pub const WORKER_DIED: u8 = 70;
/// The host cannot run the gateway.
pub const HOST: u8 = 71;
/// The configuration is wrong.
pub const CONFIGURATION: u8 = 78;

/// Why the gateway does not run.
#[derive(Debug)]
pub enum Failure {
    /// The configuration was refused.
    Configuration(Box<Report>),
    /// The host refuses something the gateway needs: one message with cause and cure.
    Host(String),
    /// A worker ended or did not start to serve.
    Worker(String),
}

impl Failure {
    /// The exit code that tells a supervisor what to do about it.
    #[must_use]
    pub fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Configuration(_) => CONFIGURATION,
            Failure::Host(_) => HOST,
            Failure::Worker(_) => WORKER_DIED,
        })
    }

    /// What to write to standard error.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        match self {
            Failure::Configuration(report) => {
                let problems = report.errors();
                let plural = if problems == 1 { "problem" } else { "problems" };
                format!("{}supplex: the configuration is refused: {problems} {plural}\n", report.render(colour))
            }
            Failure::Host(message) => format!("supplex: this host cannot run the gateway: {message}\n"),
            Failure::Worker(message) => format!("supplex: {message}\n"),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false).trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_failure_has_its_own_code() {
        let host = Failure::Host("no io_uring".into());
        assert_eq!(host.code(), ExitCode::from(71));
        assert_eq!(host.to_string(), "supplex: this host cannot run the gateway: no io_uring");
        assert_eq!(Failure::Worker("worker 1 died".into()).code(), ExitCode::from(70));
    }
}
