//! Everything a run found out, as one value that becomes the text and the JSON file.

use std::io;
use std::process::ExitCode;

use serde::Serialize;

use super::candidate::Candidate;
use super::figures::{Ratios, median};
use super::idle::Idle;
use super::machine::Machine;
use super::rounds::Measured;
use super::scenario::Load;
use super::settings::{Settings, results_folder};
use super::table;
use super::verdict::Verdict;

/// Others at work on the measured CPU for more than this share of a run are worth a remark.
const QUIET: f64 = 0.03;

/// Under saturating load from many clients a program below this share of its CPU was waiting for the load.
const SATURATED: f64 = 0.9;

/// A candidate in the report.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) version: String,
}

/// Which candidates are set against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Comparison {
    /// The first candidate against each other one.
    FirstToOthers,
    /// Each other candidate against the first one.
    OthersToFirst,
}

/// The report of one bench.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) title: String,
    pub(crate) machine: Machine,
    pub(crate) rounds: u32,
    pub(crate) seconds: u32,
    pub(crate) candidates: Vec<Named>,
    pub(crate) comparison: Comparison,
    pub(crate) scenarios: Vec<Measured>,
    /// Ratios between candidates, as `comparison` says, by scenario in the order of `scenarios`.
    pub(crate) ratios: Vec<Vec<Ratios>>,
    pub(crate) idle: Option<Idle>,
    pub(crate) verdicts: Vec<Verdict>,
    /// What a reader should know about the figures.
    pub(crate) remarks: Vec<String>,
    /// Why the figures must not be used; empty for a valid run.
    pub(crate) problems: Vec<String>,
    pub(crate) valid: bool,
}

impl Report {
    /// An empty report.
    pub(crate) fn new(title: &str, machine: Machine, settings: &Settings, candidates: &[Candidate]) -> Self {
        let named = |candidate: &Candidate| Named {
            name: candidate.kind.name().to_owned(),
            version: candidate.version.clone(),
        };
        Report {
            title: title.to_owned(),
            machine,
            rounds: settings.rounds,
            seconds: settings.seconds,
            candidates: candidates.iter().map(named).collect(),
            comparison: Comparison::FirstToOthers,
            scenarios: Vec::new(),
            ratios: Vec::new(),
            idle: None,
            verdicts: Vec::new(),
            remarks: Vec::new(),
            problems: Vec::new(),
            valid: true,
        }
    }

    /// Takes in one scenario.
    pub(crate) fn add(&mut self, measured: Measured) {
        for sample in &measured.samples {
            if sample.client.errors.sum() > 0 {
                let (name, key, errors) = (&sample.candidate, measured.scenario.key, sample.client.errors);
                self.problems.push(format!("{name} in {key}, round {}: {errors:?}", sample.round));
            }
        }
        self.ratios.push(self.ratios_of(&measured));
        self.scenarios.push(measured);
    }

    /// The ratios of one scenario.
    pub(crate) fn ratios_of(&self, measured: &Measured) -> Vec<Ratios> {
        let Some((first, others)) = self.candidates.split_first() else { return Vec::new() };
        let between = |other: &Named| match self.comparison {
            Comparison::FirstToOthers => Ratios::between(&measured.samples, &first.name, &other.name),
            Comparison::OthersToFirst => Ratios::between(&measured.samples, &other.name, &first.name),
        };
        others.iter().filter_map(between).collect()
    }

    /// Writes `NAME.json` and `NAME.txt`, prints the text, and says how the bench ends.
    pub(crate) fn finish(mut self, name: &str, settings: &Settings) -> io::Result<ExitCode> {
        let samples = self.scenarios.iter().flat_map(|measured| &measured.samples);
        let (disturbed, all) =
            samples.fold((0, 0), |(disturbed, all), sample| (disturbed + usize::from(sample.foreign > QUIET), all + 1));
        if disturbed > 0 {
            self.remarks.push(format!(
                "in {disturbed} of {all} runs others took more than {:.0} % of the measured CPU; the machine was not quiet",
                QUIET * 100.0
            ));
        }
        self.remark_on_limits_of_the_load();
        self.valid = self.problems.is_empty();
        let folder = results_folder()?;
        let text = table::text(&self);
        std::fs::write(folder.join(format!("{name}.json")), serde_json::to_vec_pretty(&self)?)?;
        std::fs::write(folder.join(format!("{name}.txt")), &text)?;
        println!("\n{text}\nwritten to {}/{name}.txt and {name}.json", folder.display());
        let missed = self.verdicts.iter().any(|verdict| !verdict.met);
        Ok(if self.valid && !(missed && settings.strict) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn remark_on_limits_of_the_load(&mut self) {
        for measured in &self.scenarios {
            let scenario = &measured.scenario;
            for candidate in &self.candidates {
                let of =
                    |figure| median(&measured.samples, &candidate.name, figure).map_or(0.0, |spread| spread.median);
                let (name, key) = (&candidate.name, scenario.key);
                let (busy, foreign) = (of(|sample| sample.busy), of(|sample| sample.foreign));
                if matches!(scenario.load, Load::Saturating(_))
                    && scenario.connections >= 64
                    && busy + foreign < SATURATED
                {
                    self.remarks.push(format!(
                        "{name} in {key} used {:.0} % of its CPU: the load was the limit, so its req/s is a lower bound",
                        busy * 100.0
                    ));
                }
                let (late, p99) = (of(|sample| sample.client.sent_late_p99_us), of(|sample| sample.client.p99_us));
                if late * 2.0 > p99 {
                    self.remarks.push(format!(
                        "in {key} with {name} the sender was itself late by up to {late:.0} us (p99), part of the p99 of {p99:.0} us"
                    ));
                }
            }
        }
    }
}
