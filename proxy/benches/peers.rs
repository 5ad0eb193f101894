//! `make bench-peers`: the gateway beside HAProxy and nginx, in one run, interleaved round by round.
//!
//! Each has one worker on one CPU; wrk and the upstream have another. What is compared is CPU per request, throughput and
//! latency, and the run ends with one line per bar. To compare two builds of the gateway, give the other build's binary:
//! `cargo bench -p supplex --bench peers -- --binary /path/to/supplex --candidates supplex,other`.
//! Results: `target/bench/peers.txt` and `peers.json`.

mod kit;

use std::io;
use std::process::ExitCode;

use kit::candidate::Candidate;
use kit::rounds::Measured;
use kit::scenario::{COMPARED, HALF_LOAD, HEADLINE, KEEP_ALIVE, Scenario};
use kit::settings::Settings;
use kit::stand::{self, Stand};
use kit::{figures, verdict};

fn main() -> ExitCode {
    stand::run("bench-peers", Settings::compared, measure)
}

fn measure(stand: &Stand) -> io::Result<ExitCode> {
    let settings = &stand.settings;
    let mut candidates = Vec::new();
    for kind in &stand.kinds {
        candidates.push(stand.start(*kind)?);
        println!("{} is up and does the work to be measured", kind.name());
    }
    let mut report = stand.report("Supplex Gateway beside its peers", &candidates);
    for scenario in chosen(settings) {
        let rate = half_of_the_slowest(&report.scenarios, &candidates);
        report.add(stand.measure(&scenario, &mut candidates, rate)?);
    }
    report.verdicts = verdict::judge(&report.scenarios, &verdict::PEERS);
    report.finish("peers", settings)
}

/// The scenarios asked for; half load brings the headline with it, whose figures it needs.
fn chosen(settings: &Settings) -> Vec<Scenario> {
    let all = KEEP_ALIVE.iter().chain(&COMPARED);
    let needed = |key: &str| settings.wants(key) || (key == HEADLINE && settings.wants(HALF_LOAD));
    all.filter(|scenario| needed(scenario.key)).copied().collect()
}

/// Half of the lowest median throughput of any peer in the headline; of any candidate, if there is no peer.
fn half_of_the_slowest(measured: &[Measured], candidates: &[Candidate]) -> f64 {
    let Some(headline) = measured.iter().find(|measured| measured.scenario.key == HEADLINE) else { return 0.0 };
    let rate_of = |candidate: &Candidate| {
        figures::median(&headline.samples, candidate.kind.name(), |sample| sample.rate).map(|spread| spread.median)
    };
    let peers = candidates.iter().filter(|candidate| !candidate.kind.is_gateway()).filter_map(rate_of);
    let slowest = peers.reduce(f64::min).or_else(|| candidates.iter().filter_map(rate_of).reduce(f64::min));
    slowest.unwrap_or(0.0) / 2.0
}
