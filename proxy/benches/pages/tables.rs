//! A run as Markdown: one table per scenario, the bars, and what a reader should know.

use std::fmt::{Result, Write};

use super::run::{Comparison, Figure, Measured, Run, Spread};

const COLUMNS: [(&str, usize, Figure); 6] = [
    ("requests/s", 0, |sample| sample.rate),
    ("CPU µs/request", 2, |sample| sample.cpu_us),
    ("of which user", 2, |sample| sample.user_us),
    ("p50 µs", 0, |sample| sample.client.p50_us),
    ("p99 µs", 0, |sample| sample.client.p99_us),
    ("p99.9 µs", 0, |sample| sample.client.p999_us),
];

/// What is compared, and whether more is better.
const COMPARED: [(&str, bool, Figure); 3] = [
    ("CPU per request", false, |sample| sample.cpu_us),
    ("throughput", true, |sample| sample.rate),
    ("p99", false, |sample| sample.client.p99_us),
];

/// The whole run.
pub(crate) fn run(out: &mut String, run: &Run, folder: &str) -> Result {
    let Run { name, machine, rounds, seconds, .. } = run;
    writeln!(out, "\n## {}\n", run.title)?;
    writeln!(
        out,
        "[`{name}.json`]({folder}/{name}.json): {}, {} CPUs, Linux {}; the measured program on CPU {}, load and upstream on \
         CPU {}; {rounds} rounds of {seconds} s per scenario, the candidates in turn within each round.\n",
        machine.cpu, machine.cpus, machine.kernel, machine.proxy_cpu, machine.load_cpu
    )?;
    for candidate in &run.candidates {
        writeln!(out, "- {}: {}", candidate.name, candidate.version.split(" - ").next().unwrap_or_default())?;
    }
    writeln!(out, "\n![CPU per request]({folder}/{name}.svg)")?;
    for measured in &run.scenarios {
        scenario(out, run, measured)?;
    }
    if !run.verdicts.is_empty() {
        writeln!(out, "\n### Bars\n\n| bar | measured | |\n|---|--:|---|")?;
    }
    for verdict in &run.verdicts {
        let word = if verdict.met { "met" } else { "**missed**" };
        writeln!(out, "| {} | {} | {word} |", verdict.bar, ratio(verdict.measured))?;
    }
    for (word, notes) in [("Note", &run.remarks), ("INVALID", &run.problems)] {
        for note in notes {
            writeln!(out, "\n{word}: {note}.")?;
        }
    }
    Ok(())
}

fn scenario(out: &mut String, run: &Run, measured: &Measured) -> Result {
    let pace = measured.paced_rate.map(|rate| format!(", {rate:.0} requests/s")).unwrap_or_default();
    writeln!(out, "\n### {}{pace} (`{}`)\n", measured.scenario.title, measured.scenario.key)?;
    let names: Vec<_> = COLUMNS.iter().map(|(name, ..)| *name).collect();
    writeln!(out, "| | {} |\n|---|{}", names.join(" | "), "--:|".repeat(COLUMNS.len()))?;
    for candidate in &run.candidates {
        write!(out, "| {} |", candidate.name)?;
        for (_, decimals, figure) in COLUMNS {
            let value = measured.spread(&candidate.name, figure).map_or(0.0, |spread| spread.median);
            write!(out, " {value:.decimals$} |")?;
        }
        writeln!(out)?;
    }
    writeln!(out)?;
    for (of, to) in run.pairs() {
        let figures = COMPARED.iter().filter_map(|(what, _, figure)| {
            measured.ratio(of, to, *figure).map(|spread| format!("{what} {}", ratio(spread)))
        });
        writeln!(out, "- {of} / {to}: {}", figures.collect::<Vec<_>>().join(", "))?;
    }
    Ok(())
}

/// A ratio with its extremes.
fn ratio(spread: Spread) -> String {
    format!("{:.2} ({:.2}..{:.2})", spread.median, spread.min, spread.max)
}

/// Where the gateway is worse than a peer, by the medians; one line each.
pub(crate) fn losses(run: &Run) -> Vec<String> {
    let mut lines = Vec::new();
    // The other runs set the gateway against itself.
    if run.comparison == Comparison::OthersToFirst {
        return lines;
    }
    for measured in &run.scenarios {
        for (of, to) in run.pairs() {
            for (what, more_is_better, figure) in COMPARED {
                // At a constant rate all do the same.
                if more_is_better && measured.paced_rate.is_some() {
                    continue;
                }
                let Some(spread) = measured.ratio(of, to, figure) else { continue };
                if spread.median > 1.0 && !more_is_better || spread.median < 1.0 && more_is_better {
                    lines.push(format!("{}: {what} {} x {to}", measured.scenario.title, ratio(spread)));
                }
            }
        }
    }
    lines
}
