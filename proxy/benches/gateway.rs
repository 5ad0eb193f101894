//! `make bench`: the gateway alone, one worker on one CPU, wrk and the upstream on another.
//!
//! Requests per second and core, CPU per request and latency at 1, 16, 64 and 256 connections, then the memory that 10,000
//! idle keep-alive connections cost. Results: `target/bench/gateway.txt` and `gateway.json`.

mod kit;

use std::io;
use std::process::ExitCode;

use clap::Parser;
use kit::candidate::Candidate;
use kit::report::Report;
use kit::scenario::KEEP_ALIVE;
use kit::settings::{Kind, Settings};
use kit::upstream::Upstream;
use kit::{cpu, idle, machine, process, rounds};

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
    machine::need(&[("wrk", "wrk"), ("taskset", "util-linux"), ("nginx", "nginx-light")])?;
    process::stop_on_signals()?;
    let cpus = settings.cpus()?;
    cpu::pin_to(cpus.load)?;
    let machine = machine::Machine::describe(cpus);
    let folder = tempfile::tempdir()?;
    let upstream = Upstream::start(&folder.path().join("upstream"), cpus.load)?;
    let kind = settings.candidates.first().copied().unwrap_or(Kind::Supplex);
    let mut candidates = [Candidate::start(kind, settings, cpus, &upstream, folder.path())?];
    let mut report = Report::new("Supplex Gateway on one core", machine, settings, &candidates);
    for scenario in KEEP_ALIVE.iter().filter(|scenario| settings.wants(scenario.key)) {
        report.add(rounds::run(scenario, &mut candidates, settings, cpus, 0.0)?);
    }
    if settings.idle > 0 && settings.wants("idle") {
        // A process of its own: memory that the load before has touched would hide what connections cost.
        drop(candidates);
        let mut candidate = Candidate::start(kind, settings, cpus, &upstream, folder.path())?;
        let found = idle::measure(&mut candidate, settings.idle, cpus.load)?;
        if found.held < found.connections {
            let lost = found.connections - found.held;
            report
                .problems
                .push(format!("{lost} of {} idle connections were closed during the hold", found.connections));
        }
        report.verdicts = found.verdicts();
        report.idle = Some(found);
    }
    report.finish("gateway", settings)
}
