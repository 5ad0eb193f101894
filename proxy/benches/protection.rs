//! `make bench` as well: what limits and breakers cost, beside the same gateway without them.
//!
//! `supplex` has neither. `leased` has breakers and a limit whose tokens workers take from Redis in leases, `exact` asks Redis
//! about every request. The limit is never reached. Redis's CPU time counts as the candidate's; it runs on the CPU of the
//! load. Results: `target/bench/protection.txt` and `protection.json`.

mod kit;

use std::io;
use std::process::ExitCode;

use kit::report::Comparison;
use kit::scenario::KEEP_ALIVE;
use kit::settings::Kind;
use kit::stand::{self, Stand};
use kit::verdict;

fn main() -> ExitCode {
    stand::run("bench", |_| vec![Kind::Supplex, Kind::Leased, Kind::Exact], measure)
}

fn measure(stand: &Stand) -> io::Result<ExitCode> {
    let settings = &stand.settings;
    let mut candidates = stand.start_all()?;
    let mut report = stand.report("What limits and breakers cost", &candidates);
    report.comparison = Comparison::OthersToFirst;
    for scenario in KEEP_ALIVE.iter().filter(|scenario| settings.wants(scenario.key)) {
        report.add(stand.measure(scenario, &mut candidates, 0.0)?);
    }
    report.verdicts = verdict::judge(&report.scenarios, &verdict::PROTECTION);
    report.finish("protection", settings)
}
