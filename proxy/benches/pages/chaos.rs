//! The kept run of `make chaos`: what was broken, and what clients saw.

use std::fmt::{Result, Write};

use serde::Deserialize;

/// A whole run.
#[derive(Debug, Deserialize)]
pub(crate) struct Chaos {
    /// The file's name without its ending.
    #[serde(skip)]
    pub(crate) name: String,
    pub(crate) differences: Vec<String>,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Step {
    step: String,
    title: String,
    verdicts: Vec<Verdict>,
}

#[derive(Debug, Deserialize)]
struct Verdict {
    what: String,
    bar: String,
    measured: String,
    holds: bool,
}

/// What each step showed.
pub(crate) fn section(out: &mut String, chaos: &Chaos, folder: &str) -> Result {
    let name = &chaos.name;
    let verdicts = || chaos.steps.iter().flat_map(|step| &step.verdicts);
    let holding = verdicts().filter(|verdict| verdict.holds).count();
    writeln!(out, "\n## Faults under load\n")?;
    writeln!(
        out,
        "`make chaos` breaks a stack of its own under steady load and judges what clients saw: {holding} of {} verdicts hold \
         in [`{name}.json`]({folder}/{name}.json).\n\n![The timeline]({folder}/{name}.svg)\n",
        verdicts().count()
    )?;
    writeln!(out, "| step | what | bar | measured | |\n|---|---|---|--:|---|")?;
    for step in &chaos.steps {
        for Verdict { what, bar, measured, holds } in &step.verdicts {
            let word = if *holds { "holds" } else { "**fails**" };
            writeln!(out, "| {} | {what} | {bar} | {measured} | {word} |", step.step)?;
        }
    }
    writeln!(out, "\nThe steps:\n")?;
    for step in &chaos.steps {
        writeln!(out, "- `{}`: {}", step.step, step.title)?;
    }
    writeln!(out, "\nWhat differs from a usual configuration, so that the run takes minutes:\n")?;
    for difference in &chaos.differences {
        writeln!(out, "- {difference}")?;
    }
    Ok(())
}
