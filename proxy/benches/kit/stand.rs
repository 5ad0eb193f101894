//! What every bench begins and ends with: the programs it needs, signals, CPUs, the upstream, and the exit code.
//!
//! What is measured is the bench's own.

use std::io;
use std::process::ExitCode;

use clap::Parser;
use tempfile::TempDir;

use super::candidate::Candidate;
use super::machine::{self, Machine};
use super::report::Report;
use super::rounds::{self, Measured};
use super::scenario::Scenario;
use super::settings::{Cpus, Kind, Settings};
use super::upstream::Upstream;
use super::{cpu, process};

/// Where candidates are started and measured.
pub(crate) struct Stand {
    pub(crate) settings: Settings,
    /// What this run is to measure.
    pub(crate) kinds: Vec<Kind>,
    pub(crate) cpus: Cpus,
    machine: Machine,
    upstream: Upstream,
    // The last: whoever uses it must be gone before.
    folder: TempDir,
}

/// Runs the bench of this name: `measure` on a stand for what `kinds` chooses.
pub(crate) fn run(
    name: &str,
    kinds: impl FnOnce(&Settings) -> Vec<Kind>,
    measure: impl FnOnce(&Stand) -> io::Result<ExitCode>,
) -> ExitCode {
    let settings = Settings::parse();
    let kinds = kinds(&settings);
    match Stand::new(settings, kinds).and_then(|stand| measure(&stand)) {
        Ok(code) => code,
        Err(_) if process::was_interrupted() => {
            eprintln!("\nstopped by a signal; everything that was started is stopped, no result was written");
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("\n{name} failed: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Stand {
    fn new(settings: Settings, kinds: Vec<Kind>) -> io::Result<Self> {
        let mut programs = vec![("wrk", "wrk"), ("taskset", "util-linux"), ("nginx", "nginx-light")];
        for program in kinds.iter().filter_map(|kind| kind.program()) {
            if !programs.contains(&program) {
                programs.push(program);
            }
        }
        machine::need(&programs)?;
        process::stop_on_signals()?;
        let cpus = settings.cpus()?;
        cpu::pin_to(cpus.load)?;
        let machine = Machine::describe(cpus);
        let folder = tempfile::tempdir()?;
        let upstream = Upstream::start(&folder.path().join("upstream"), cpus.load)?;
        Ok(Self { settings, kinds, cpus, machine, upstream, folder })
    }

    /// Starts a candidate and checks that it does the work to be measured.
    pub(crate) fn start(&self, kind: Kind) -> io::Result<Candidate> {
        Candidate::start(kind, &self.settings, self.cpus, &self.upstream, self.folder.path())
    }

    /// Starts all that this run is to measure.
    pub(crate) fn start_all(&self) -> io::Result<Vec<Candidate>> {
        self.kinds.iter().map(|kind| self.start(*kind)).collect()
    }

    /// An empty report about these candidates.
    pub(crate) fn report(&self, title: &str, candidates: &[Candidate]) -> Report {
        Report::new(title, self.machine.clone(), &self.settings, candidates)
    }

    /// Measures one scenario; `rate` is for those with a steady load.
    pub(crate) fn measure(&self, scenario: &Scenario, candidates: &mut [Candidate], rate: f64) -> io::Result<Measured> {
        rounds::run(scenario, candidates, &self.settings, self.cpus, rate)
    }
}
