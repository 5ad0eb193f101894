//! Runs one scenario: rounds, and in each round every candidate once, so that all see the same weather.
//!
//! A run is a reading of `/proc`, the load, another reading. All candidates stay up throughout; an idle one costs next to
//! nothing. One untimed second of load goes before the first round of each scenario.

use std::io;

use serde::Serialize;

use super::candidate::Candidate;
use super::cpu::Reading;
use super::process::check_interrupted;
use super::scenario::{Load, Scenario};
use super::settings::{Cpus, Settings};
use super::wrk::Outcome;
use super::{paced, wrk};

/// One measured run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sample {
    pub(crate) candidate: String,
    pub(crate) round: u32,
    /// Requests per second.
    pub(crate) rate: f64,
    /// CPU microseconds per request.
    pub(crate) cpu_us: f64,
    /// Of which in user mode.
    pub(crate) user_us: f64,
    /// Of which in the kernel.
    pub(crate) system_us: f64,
    /// Share of the time in which the candidate had its CPU, 0 to 1. Well below 1 under saturating load: the load was the limit.
    pub(crate) busy: f64,
    /// Share of the candidate's CPU that others took, 0 to 1.
    pub(crate) foreign: f64,
    /// What the client saw.
    pub(crate) client: Outcome,
}

/// The samples of one scenario.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Measured {
    pub(crate) scenario: Scenario,
    /// The constant rate, in requests per second, if there was one.
    pub(crate) paced_rate: Option<f64>,
    pub(crate) samples: Vec<Sample>,
}

/// Runs all rounds of a scenario. `paced_rate` is for scenarios of constant rate.
pub(crate) fn run(
    scenario: &Scenario,
    candidates: &mut [Candidate],
    settings: &Settings,
    cpus: Cpus,
    paced_rate: f64,
) -> io::Result<Measured> {
    println!("\n{} ({})", scenario.title, scenario.key);
    let is_paced = scenario.load == Load::HalfLoad;
    if is_paced {
        println!("  {paced_rate:.0} requests per second");
    }
    for candidate in candidates.iter_mut() {
        put_load(scenario, candidate, 1, cpus, paced_rate)?;
    }
    let mut samples = Vec::new();
    for round in 1..=settings.rounds {
        for candidate in candidates.iter_mut() {
            let sample = measure(scenario, candidate, round, settings.seconds, cpus, paced_rate)?;
            println!(
                "  round {round}/{}  {:<8} {:>9.0} req/s  {:>7.2} us CPU/request  p99 {:>8.0} us  errors {}",
                settings.rounds,
                sample.candidate,
                sample.rate,
                sample.cpu_us,
                sample.client.p99_us,
                sample.client.errors.sum()
            );
            samples.push(sample);
        }
    }
    Ok(Measured { scenario: *scenario, paced_rate: is_paced.then_some(paced_rate), samples })
}

fn put_load(
    scenario: &Scenario,
    candidate: &mut Candidate,
    seconds: u32,
    cpus: Cpus,
    paced_rate: f64,
) -> io::Result<Outcome> {
    check_interrupted()?;
    let outcome = match scenario.load {
        Load::Saturating(script) => wrk::run(candidate.address, script, scenario.connections, seconds, cpus.load),
        Load::HalfLoad => paced::run(candidate.address, "/json", scenario.connections, paced_rate, seconds),
    };
    // A candidate that died is the better explanation of whatever the client says.
    candidate.check_alive()?;
    outcome
}

fn measure(
    scenario: &Scenario,
    candidate: &mut Candidate,
    round: u32,
    seconds: u32,
    cpus: Cpus,
    paced_rate: f64,
) -> io::Result<Sample> {
    let groups = candidate.groups();
    let before = Reading::take(&groups, cpus.proxy)?;
    let client = put_load(scenario, candidate, seconds, cpus, paced_rate)?;
    let after = Reading::take(&groups, cpus.proxy)?;
    if client.requests == 0 {
        return Err(io::Error::other(format!("{} answered no request at all", candidate.kind.name())));
    }
    let (cost, requests, wall_us) = (after.cost_since(&before), client.requests as f64, client.seconds * 1e6);
    Ok(Sample {
        candidate: candidate.kind.name().to_owned(),
        round,
        rate: requests / client.seconds,
        cpu_us: cost.total_us / requests,
        user_us: cost.user_us / requests,
        system_us: cost.system_us / requests,
        busy: cost.total_us / wall_us,
        foreign: after.foreign_since(&before) / wall_us,
        client,
    })
}
