//! `supplex hdr`: the percentiles of an HdrHistogram log, or of two side by side.
//!
//! `hdr/recording.rs` reads a log, `hdr/table.rs`, `hdr/distribution.rs` and `hdr/comparison.rs` show it. It asks no gateway
//! and reads no configuration.

mod comparison;
mod distribution;
mod recording;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use recording::Recording;

/// Print the percentiles of an HdrHistogram log, or compare two.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  supplex hdr supplex-latency.hlog                    a line of percentiles for each series
  supplex hdr supplex-latency.hlog --tag route=products --tag phase=total
  supplex hdr supplex-latency.hlog --tag phase=overhead --distribution
  supplex hdr before.hlog after.hlog                  the same series side by side, with the change
  curl -s 127.0.0.1:9900/latency.hlog | supplex hdr - the last minute of a gateway that runs

The gateway writes such a log when it gets SIGUSR1 (`telemetry.latency_dump` says where) and shows one at /latency.hlog.
Its values are microseconds. Logs of other programs are read as well.

Exit codes: 0 done, 1 a log cannot be read or has no such series.")]
pub(super) struct HdrArguments {
    /// The log, or the log before and the log after; `-` is standard input
    #[arg(value_name = "FILE", num_args = 1..=2, required = true)]
    files: Vec<PathBuf>,

    /// Only series with this tag, or with this among the parts of their tag; several must all be there
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,

    /// Print the whole distribution of each series, as HdrHistogram does
    #[arg(long)]
    distribution: bool,
}

pub(super) fn run(arguments: &HdrArguments) -> ExitCode {
    match show(arguments) {
        Ok(text) => super::print(&text),
        Err(message) => {
            eprintln!("supplex: {message}");
            ExitCode::FAILURE
        }
    }
}

fn show(arguments: &HdrArguments) -> Result<String, String> {
    let mut recordings = Vec::new();
    for file in &arguments.files {
        recordings.push(Recording::read(file).map_err(|error| error.to_string())?);
    }
    let known: Vec<_> = recordings.iter().flat_map(|recording| recording.series.keys().cloned()).collect();
    recordings.iter_mut().for_each(|recording| recording.keep(&arguments.tag));
    if recordings.iter().all(|recording| recording.series.is_empty()) {
        return Err(nothing(&arguments.tag, known));
    }
    Ok(match recordings.as_slice() {
        [before, after] if arguments.distribution => distribution::show(before) + &distribution::show(after),
        [before, after] => comparison::show(before, after),
        recordings if arguments.distribution => recordings.iter().map(distribution::show).collect(),
        recordings => recordings.iter().map(table::show).collect(),
    })
}

/// Why there is nothing to show.
fn nothing(tags: &[String], mut known: Vec<String>) -> String {
    if known.is_empty() {
        return "the log holds no interval: nothing was recorded".to_owned();
    }
    known.sort_unstable();
    known.dedup();
    format!("no series has the tag {}; there are:\n  {}", tags.join(" and "), known.join("\n  "))
}
