//! `make bench`: the gateway alone, one worker on one CPU, wrk and the upstream on another.
//!
//! Requests per second and core, CPU per request and latency at 1, 16, 64 and 256 connections, then the memory that 10,000
//! idle keep-alive connections cost. Results: `target/bench/gateway.txt` and `gateway.json`.

mod kit;

use std::io;
use std::process::ExitCode;

use kit::idle;
use kit::scenario::KEEP_ALIVE;
use kit::settings::Kind;
use kit::stand::{self, Stand};

fn main() -> ExitCode {
    stand::run("bench", |settings| vec![settings.candidates.first().copied().unwrap_or(Kind::Supplex)], measure)
}

fn measure(stand: &Stand) -> io::Result<ExitCode> {
    let settings = &stand.settings;
    let mut candidates = stand.start_all()?;
    let mut report = stand.report("Supplex Gateway on one core", &candidates);
    for scenario in KEEP_ALIVE.iter().filter(|scenario| settings.wants(scenario.key)) {
        report.add(stand.measure(scenario, &mut candidates, 0.0)?);
    }
    // A process of its own: memory that the load before has touched would hide what connections cost.
    drop(candidates);
    if settings.idle > 0 && settings.wants("idle") {
        for mut candidate in stand.start_all()? {
            let found = idle::measure(&mut candidate, settings.idle, stand.cpus.load)?;
            if found.held < found.connections {
                let lost = found.connections - found.held;
                report
                    .problems
                    .push(format!("{lost} of {} idle connections were closed during the hold", found.connections));
            }
            report.verdicts = found.verdicts();
            report.idle = Some(found);
        }
    }
    report.finish("gateway", settings)
}
