//! `RESULTS.md` as a whole.

use std::fmt::{Result, Write};

use super::{Kept, chaos, tables};

/// What stands before the figures.
const INTRODUCTION: &str = "# Results

Written by `make results` from the runs that are kept in `runtime-notes/runs`; no figure is typed by hand.

What is compared are ratios within one run on one machine: each candidate has one worker on one CPU, wrk (or, at a constant
rate, an open-loop client that counts from the time a request was due) and the upstream have another, and the candidates take
turns within every round. `0.72 (0.64..0.93)` is the median over rounds of the ratio within a round, with the least and the
most. The gateway runs a complete configuration: metrics, request ids, forwarded fields, an id and a reason for every answer.
The machine is a small shared one, and others on it are seen in the spread; absolute figures of two runs are not comparable.

To run it yourself, on Debian or Ubuntu with Rust:

```sh
make bench-peers   # beside HAProxy and nginx
make bench         # without and with limits and breakers
make chaos         # faults under load
```

Each prints its tables and writes JSON under `target/`. Copied to `runtime-notes/runs` as `DATE-peers.json`,
`DATE-protection.json` or `DATE-chaos.json` (with its picture), the next `make results` shows it here.

The project that this one takes after reported 12.8 thousand requests per second per replica at a p95 of 14.7 ms on eight
virtual CPUs, and 41.3 thousand with four replicas; what one core does here stands in the column `requests/s`.
";

/// The page.
pub(crate) fn text(kept: &Kept, folder: &str) -> String {
    let mut out = String::from(INTRODUCTION);
    // Writing to a String cannot fail.
    let _ = write(&mut out, kept, folder);
    out
}

fn write(out: &mut String, kept: &Kept, folder: &str) -> Result {
    writeln!(out, "\n## Where we lose\n\nBy the medians of the runs below:\n")?;
    let losses: Vec<String> = kept.runs.iter().flat_map(tables::losses).collect();
    for line in &losses {
        writeln!(out, "- {line}")?;
    }
    if losses.is_empty() {
        writeln!(out, "- nowhere in these runs")?;
    }
    for run in &kept.runs {
        tables::run(out, run, folder)?;
    }
    if let Some(chaos) = &kept.chaos {
        chaos::section(out, chaos, folder)?;
    }
    Ok(())
}
