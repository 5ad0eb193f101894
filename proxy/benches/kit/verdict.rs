//! The bars a comparison is held against, and whether they were met.

use serde::Serialize;

use super::figures::{Ratios, Spread};
use super::rounds::Measured;
use super::scenario::{HALF_LOAD, HEADLINE, SINGLE};

/// Which figure a bar is about.
#[derive(Debug, Clone, Copy)]
enum Figure {
    Cpu,
    Throughput,
    P99,
}

/// Scenario, peer, figure, limit: at most for costs, at least for throughput.
const BARS: [(&str, &str, Figure, f64); 7] = [
    (HEADLINE, "haproxy", Figure::Cpu, 0.90),
    (HEADLINE, "nginx", Figure::Cpu, 0.80),
    (HEADLINE, "haproxy", Figure::Throughput, 1.0),
    (HEADLINE, "nginx", Figure::Throughput, 1.0),
    (HALF_LOAD, "haproxy", Figure::P99, 1.0),
    (HALF_LOAD, "nginx", Figure::P99, 1.0),
    (SINGLE, "haproxy", Figure::Cpu, 0.95),
];

/// One bar and how the gateway stands to it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Verdict {
    /// The bar in words.
    pub(crate) bar: String,
    /// What was measured.
    pub(crate) measured: Spread,
    /// Met by the median.
    pub(crate) met: bool,
}

/// Judges the gateway's ratios against every bar whose scenario and peer were measured.
pub(crate) fn judge(measured: &[Measured], gateway: &str) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for (key, peer, figure, limit) in BARS {
        let Some(run) = measured.iter().find(|run| run.scenario.key == key) else { continue };
        let Some(ratios) = Ratios::between(&run.samples, gateway, peer) else { continue };
        let (what, spread, met) = match figure {
            Figure::Cpu => ("CPU per request at most", ratios.cpu, ratios.cpu.median <= limit),
            Figure::Throughput => ("throughput at least", ratios.throughput, ratios.throughput.median >= limit),
            Figure::P99 => ("p99 at most", ratios.p99, ratios.p99.median <= limit),
        };
        verdicts.push(Verdict { bar: format!("{key}: {what} {limit:.2} x {peer}"), measured: spread, met });
    }
    verdicts
}
