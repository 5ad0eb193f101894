//! `make bench` as well: what limits and breakers cost, beside the same gateway without them.
//!
//! `supplex` has neither. `leased` has breakers and a limit whose tokens workers take from Redis in leases, `exact` asks Redis
//! about every request. The limit is never reached. Redis's CPU time counts as the candidate's; it runs on the CPU of the
//! load. Results: `target/bench/protection.txt` and `protection.json`.

mod kit;

use std::io;
use std::process::ExitCode;

use clap::Parser;
use kit::candidate::Candidate;
use kit::report::{Comparison, Report};
use kit::scenario::KEEP_ALIVE;
use kit::settings::{Kind, Settings};
use kit::upstream::Upstream;
use kit::{cpu, machine, process, rounds, verdict};

fn main() -> ExitCode {
    match run(&Settings::parse()) {
        Ok(code) => code,
        Err(_) if process::was_interrupted() => {
            eprintln!("\nstopped by a signal; everything that was started is stopped, no result was written");
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("\nbench failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(settings: &Settings) -> io::Result<ExitCode> {
    let redis = ("redis-server", "redis-server");
    machine::need(&[("wrk", "wrk"), ("taskset", "util-linux"), ("nginx", "nginx-light"), redis])?;
    process::stop_on_signals()?;
    let cpus = settings.cpus()?;
    cpu::pin_to(cpus.load)?;
    let machine = machine::Machine::describe(cpus);
    let folder = tempfile::tempdir()?;
    let upstream = Upstream::start(&folder.path().join("upstream"), cpus.load)?;
    let mut candidates = Vec::new();
    for kind in [Kind::Supplex, Kind::Leased, Kind::Exact] {
        candidates.push(Candidate::start(kind, settings, cpus, &upstream, folder.path())?);
    }
    let mut report = Report::new("What limits and breakers cost", machine, settings, &candidates);
    report.comparison = Comparison::OthersToFirst;
    for scenario in KEEP_ALIVE.iter().filter(|scenario| settings.wants(scenario.key)) {
        report.add(rounds::run(scenario, &mut candidates, settings, cpus, 0.0)?);
    }
    report.verdicts = verdict::judge(&report.scenarios, &verdict::PROTECTION);
    report.finish("protection", settings)
}
