//! `supplex schema`: the JSON schema of the configuration.

use std::process::ExitCode;

use clap::Args;

use crate::config;

/// Print the JSON schema of the configuration, for editors.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  supplex schema > config.schema.json

Editors use it when the configuration begins with the line `#:schema ./config.schema.json` (TOML)
or `# yaml-language-server: $schema=./config.schema.json` (YAML).")]
pub(super) struct SchemaArguments {}

pub(super) fn run() -> ExitCode {
    super::print(&config::schema::text())
}
