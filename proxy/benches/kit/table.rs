//! The plain text of a report: one table per scenario.

use std::fmt::Write;

use super::figures::{Figure, Spread, median};
use super::report::Report;
use super::rounds::Measured;

const COLUMNS: [(&str, usize, Figure); 9] = [
    ("req/s", 0, |sample| sample.rate),
    ("CPU us", 2, |sample| sample.cpu_us),
    ("user", 2, |sample| sample.user_us),
    ("system", 2, |sample| sample.system_us),
    ("busy %", 0, |sample| sample.busy * 100.0),
    ("p50 us", 0, |sample| sample.client.p50_us),
    ("p90 us", 0, |sample| sample.client.p90_us),
    ("p99 us", 0, |sample| sample.client.p99_us),
    ("p99.9 us", 0, |sample| sample.client.p999_us),
];

/// Writes the whole report.
pub(crate) fn text(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(report, &mut out);
    out
}

fn write(report: &Report, out: &mut String) -> std::fmt::Result {
    let machine = &report.machine;
    writeln!(out, "{}", report.title)?;
    writeln!(
        out,
        "{}, {} CPUs, Linux {}; measured program on CPU {}, load and upstream on CPU {}; load average before: {:.2}",
        machine.cpu, machine.cpus, machine.kernel, machine.proxy_cpu, machine.load_cpu, machine.load_before
    )?;
    writeln!(out, "{}; {} rounds of {} s per scenario, medians below", machine.wrk, report.rounds, report.seconds)?;
    for candidate in &report.candidates {
        writeln!(out, "  {:<8} {}", candidate.name, candidate.version)?;
    }
    for measured in &report.scenarios {
        scenario(report, measured, out)?;
    }
    if let Some(idle) = &report.idle {
        writeln!(out, "\n{idle}")?;
    }
    if !report.verdicts.is_empty() {
        writeln!(out, "\nBars (ratios: median over rounds of the ratio within a round, min..max)")?;
    }
    for verdict in &report.verdicts {
        let word = if verdict.met { "met   " } else { "MISSED" };
        writeln!(out, "  {word}  {:<66} {}", verdict.bar, ratio(&verdict.measured))?;
    }
    for remark in &report.remarks {
        writeln!(out, "\nNote: {remark}")?;
    }
    for problem in &report.problems {
        writeln!(out, "\nINVALID: {problem}")?;
    }
    Ok(())
}

fn scenario(report: &Report, measured: &Measured, out: &mut String) -> std::fmt::Result {
    let pace = measured.paced_rate.map(|rate| format!(", {rate:.0} requests/s")).unwrap_or_default();
    writeln!(out, "\n{}{pace}", measured.scenario.title)?;
    write!(out, "  {:<9}", "")?;
    for (name, _, _) in COLUMNS {
        write!(out, " {name:>9}")?;
    }
    writeln!(out, " {:>9}", "errors")?;
    for candidate in &report.candidates {
        write!(out, "  {:<9}", candidate.name)?;
        for (_, decimals, figure) in COLUMNS {
            let value = median(&measured.samples, &candidate.name, figure).map_or(0.0, |spread| spread.median);
            write!(out, " {value:>9.decimals$}")?;
        }
        let own = measured.samples.iter().filter(|sample| sample.candidate == candidate.name);
        writeln!(out, " {:>9}", own.map(|sample| sample.client.errors.sum()).sum::<u64>())?;
    }
    for ratios in report.ratios_of(measured) {
        writeln!(
            out,
            "  {} / {}: CPU {}  throughput {}  p99 {}",
            ratios.of,
            ratios.to,
            ratio(&ratios.cpu),
            ratio(&ratios.throughput),
            ratio(&ratios.p99)
        )?;
    }
    Ok(())
}

fn ratio(spread: &Spread) -> String {
    format!("{:.2} ({:.2}..{:.2})", spread.median, spread.min, spread.max)
}
