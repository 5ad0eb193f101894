//! The bars a comparison is held against, and whether they were met.

use serde::Serialize;

use super::figures::{Ratios, Spread};
use super::rounds::Measured;
use super::scenario::{HALF_LOAD, HEADLINE, SINGLE};

/// Which figure a bar is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Figure {
    Cpu,
    Throughput,
    P99,
}

/// What one candidate may cost beside another: at most for costs, at least for throughput.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bar {
    pub(crate) scenario: &'static str,
    pub(crate) of: &'static str,
    pub(crate) to: &'static str,
    pub(crate) figure: Figure,
    pub(crate) limit: f64,
}

const fn bar(scenario: &'static str, of: &'static str, to: &'static str, figure: Figure, limit: f64) -> Bar {
    Bar { scenario, of, to, figure, limit }
}

/// The gateway beside its peers.
pub(crate) const PEERS: [Bar; 7] = [
    bar(HEADLINE, "supplex", "haproxy", Figure::Cpu, 0.90),
    bar(HEADLINE, "supplex", "nginx", Figure::Cpu, 0.80),
    bar(HEADLINE, "supplex", "haproxy", Figure::Throughput, 1.0),
    bar(HEADLINE, "supplex", "nginx", Figure::Throughput, 1.0),
    bar(HALF_LOAD, "supplex", "haproxy", Figure::P99, 1.0),
    bar(HALF_LOAD, "supplex", "nginx", Figure::P99, 1.0),
    bar(SINGLE, "supplex", "haproxy", Figure::Cpu, 0.95),
];

/// Limits and breakers beside none of them, the CPU time of Redis included.
pub(crate) const PROTECTION: [Bar; 2] =
    [bar(HEADLINE, "leased", "supplex", Figure::Cpu, 1.10), bar(HEADLINE, "exact", "supplex", Figure::Cpu, 1.80)];

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

/// Judges every bar whose scenario and candidates were measured.
pub(crate) fn judge(measured: &[Measured], bars: &[Bar]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for &Bar { scenario, of, to, figure, limit } in bars {
        let Some(run) = measured.iter().find(|run| run.scenario.key == scenario) else { continue };
        let Some(ratios) = Ratios::between(&run.samples, of, to) else { continue };
        let (what, spread, met) = match figure {
            Figure::Cpu => ("costs CPU per request at most", ratios.cpu, ratios.cpu.median <= limit),
            Figure::Throughput => ("has throughput at least", ratios.throughput, ratios.throughput.median >= limit),
            Figure::P99 => ("has p99 at most", ratios.p99, ratios.p99.median <= limit),
        };
        verdicts.push(Verdict { bar: format!("{scenario}: {of} {what} {limit:.2} x {to}"), measured: spread, met });
    }
    verdicts
}
