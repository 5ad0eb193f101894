//! The command line: one file per subcommand in `cli/`. Nothing is decided here but which one runs.

mod check;
mod diff;
mod explain;
mod hdr;
mod healthcheck;
mod routes;
mod run;
mod schema;
mod top;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Report;

pub(crate) use run::RunArguments;

/// The configuration is refused (`EX_CONFIG` of sysexits).
pub(crate) const EXIT_CONFIG: u8 = 78;
/// The arguments are wrong, as the parser of arguments has it.
const EXIT_USAGE: u8 = 2;
/// The host cannot run the gateway (`EX_OSERR` of sysexits).
pub(crate) const EXIT_HOST: u8 = 71;

/// Supplex Gateway: an API gateway on io_uring, thread per core.
#[derive(Debug, Parser)]
#[command(name = "supplex", version, subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "\
Examples:
  supplex check --config config.toml        what is wrong with a configuration, all at once
  supplex run --config config.toml          run the gateway
  supplex routes --config config.toml       the routes in the order in which they are tried
  supplex explain --config config.toml GET /api/products   why a request gets what it gets
  supplex diff old.toml new.toml            what a change of the configuration changes
  supplex healthcheck --config config.toml  whether the gateway that runs is healthy
  supplex top --config config.toml          what the gateway that runs does, live
  supplex hdr supplex-latency.hlog          percentiles of latencies that were written down

Exit codes: 0 done, 1 not healthy, not readable, refused or different, 2 usage, 70 a worker died, 71 the host cannot run it, 78 configuration refused.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(RunArguments),
    Check(check::CheckArguments),
    Routes(routes::RoutesArguments),
    Schema(schema::SchemaArguments),
    Explain(explain::ExplainArguments),
    Diff(diff::DiffArguments),
    Hdr(hdr::HdrArguments),
    Healthcheck(healthcheck::HealthcheckArguments),
    Top(top::TopArguments),
}

/// Parses the process's arguments and runs what they ask for. Wrong usage ends the process with exit code 2.
pub(crate) fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Run(arguments) => crate::boot::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Routes(arguments) => routes::run(&arguments),
        Command::Schema(_) => schema::run(),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Hdr(arguments) => hdr::run(&arguments),
        Command::Healthcheck(arguments) => healthcheck::run(&arguments),
        Command::Top(arguments) => top::run(&arguments),
    }
}

/// Writes to standard output; a reader that went away, as `head` does, is no failure.
fn print(text: &str) -> ExitCode {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}

/// For people or for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Shape {
    /// For people
    Text,
    /// One JSON document
    Json,
}

/// Writes a JSON document to standard output.
fn print_json(document: &impl serde::Serialize) -> ExitCode {
    match serde_json::to_string_pretty(document) {
        Ok(text) => print(&format!("{text}\n")),
        Err(error) => {
            eprintln!("supplex: the document cannot be written: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Says what is wrong with the arguments; the answer is exit code 2.
fn misused(problem: &str) -> ExitCode {
    eprintln!("supplex: {problem}");
    ExitCode::from(EXIT_USAGE)
}

/// Shows every problem on standard error, in colour on a terminal.
pub(crate) fn show(report: &Report) {
    if report.is_empty() {
        return;
    }
    let mut out = io::stderr().lock();
    // There is no one left to tell when standard error is gone.
    let _ = out.write_all(report.render(out.is_terminal()).as_bytes());
}

/// Shows a report that holds errors, with a closing line; the answer is exit code 78.
pub(crate) fn refuse(report: &Report) -> ExitCode {
    show(report);
    let warnings = match report.warnings() {
        0 => String::new(),
        count => format!(", {}", counted(count, "warning")),
    };
    eprintln!("supplex: configuration refused: {}{warnings}", counted(report.errors(), "error"));
    ExitCode::from(EXIT_CONFIG)
}

/// `1 route`, `2 routes`.
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("{count} {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn counts_agree_with_their_noun() {
        assert_eq!(counted(0, "route"), "0 routes");
        assert_eq!(counted(1, "route"), "1 route");
    }
}
