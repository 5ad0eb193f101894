//! `supplex check`: every problem of a configuration on standard error, or one line of summary on standard output.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::counted;
use crate::config;

/// Check a configuration and print everything that is wrong with it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  supplex check --config config.toml
  supplex check --config config.toml --format lines   one line per problem, for editors and CI

Exit codes: 0 the configuration holds (warnings may be shown), 78 it does not.")]
pub(super) struct CheckArguments {
    /// The configuration file (.toml, .yaml or .yml)
    #[arg(long, short, value_name = "FILE", env = "SUPPLEX_CONFIG", default_value = "config.toml")]
    config: PathBuf,

    /// How problems are printed
    #[arg(long, value_enum, default_value_t = Format::Full)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// With the lines of the file that they are about
    Full,
    /// One line per problem: file:line:column: error: message
    Lines,
}

pub(super) fn run(arguments: &CheckArguments) -> ExitCode {
    let checked = config::load(&arguments.config);
    let report = match &checked {
        Ok(blueprint) => &blueprint.warnings,
        Err(report) => report,
    };
    if arguments.format == Format::Lines {
        for line in report.lines() {
            eprintln!("{line}");
        }
        if checked.is_err() {
            return ExitCode::from(super::EXIT_CONFIG);
        }
    }
    let blueprint = match checked {
        Ok(blueprint) => blueprint,
        Err(report) => return super::refuse(&report),
    };
    if arguments.format == Format::Full {
        super::show(&blueprint.warnings);
    }
    let warnings = match blueprint.warnings.warnings() {
        0 => String::new(),
        count => format!(", {}", counted(count, "warning")),
    };
    super::print(&format!(
        "{}: OK ({}, {}, {}{warnings})\n",
        arguments.config.display(),
        counted(blueprint.listeners.len(), "listener"),
        counted(blueprint.routes.len(), "route"),
        counted(blueprint.upstreams.len(), "upstream"),
    ))
}
