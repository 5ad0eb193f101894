//! `supplex diff`: what a change of the configuration changes, in the files and for requests that were recorded.
//!
//! It compares two files and asks no running gateway. Where to read on: `diff/structure.rs` for the files,
//! `diff/replay.rs` for the requests.

mod replay;
mod structure;

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::{EXIT_USAGE, Shape, counted};
use crate::config::{self, Blueprint, Report};
use replay::Replay;
use structure::Difference;

/// Show what changes from one configuration to another.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  supplex diff old.toml new.toml
  supplex diff old.toml new.toml --replay access.jsonl    also what it changes for the requests in an access log
  supplex diff old.toml new.toml --format json

An access log does not hold header fields: requests are replayed without any, for the host that --host names.

Exit codes: 0 nothing changes, 1 something does, 2 wrong usage, 78 a configuration does not hold.")]
pub(super) struct DiffArguments {
    /// The configuration to begin with
    #[arg(value_name = "OLD")]
    old: PathBuf,

    /// The configuration it is compared with
    #[arg(value_name = "NEW")]
    new: PathBuf,

    /// An access log of the gateway, one JSON object a line
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,

    /// The host of replayed requests whose line does not say it
    #[arg(long, value_name = "NAME", requires = "replay")]
    host: Option<String>,

    /// How it is printed
    #[arg(long, value_enum, default_value_t = Shape::Text)]
    format: Shape,
}

/// Everything that differs.
#[derive(Debug, Serialize)]
struct Found {
    changes: Vec<Difference>,
    replay: Option<Replay>,
}

pub(super) fn run(arguments: &DiffArguments) -> ExitCode {
    let (old, new) = match (config::load(&arguments.old), config::load(&arguments.new)) {
        (Ok(old), Ok(new)) => (old, new),
        (old, new) => return refuse_all([old, new]),
    };
    let replay = match &arguments.replay {
        None => None,
        Some(path) => match File::open(path)
            .and_then(|file| replay::replay(&old, &new, arguments.host.as_deref(), &mut BufReader::new(file)))
        {
            Ok(replay) => Some(replay),
            Err(error) => {
                eprintln!("supplex: {} cannot be read: {error}", path.display());
                return ExitCode::from(EXIT_USAGE);
            }
        },
    };
    let found = Found { changes: structure::differences(&old, &new), replay };
    let shown = match arguments.format {
        Shape::Text => super::print(&text(&found)),
        Shape::Json => super::print_json(&found),
    };
    let same = found.changes.is_empty() && found.replay.is_none_or(|replay| replay.changed == 0);
    if same { shown } else { ExitCode::FAILURE }
}

/// Shows what is wrong with each; the answer is exit code 78.
fn refuse_all(loaded: [Result<Blueprint, Report>; 2]) -> ExitCode {
    loaded.iter().filter_map(|loaded| loaded.as_ref().err()).for_each(|report| {
        super::refuse(report);
    });
    ExitCode::from(super::EXIT_CONFIG)
}

fn text(found: &Found) -> String {
    let mut text = structure::text(&found.changes);
    text += &match found.changes.len() {
        0 => "no difference\n".to_owned(),
        count => format!("{}\n", counted(count, "difference")),
    };
    if let Some(replay) = &found.replay {
        text.push('\n');
        text += &replay.text();
    }
    text
}
