//! Medians and ratios. The figure compared is the median, over rounds, of the ratio within a round: what disturbs the machine
//! for longer than a round then disturbs both sides.

use serde::Serialize;

use super::rounds::Sample;

/// A median with its extremes.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Of some values; none without values.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.retain(|value| value.is_finite());
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let (low, high) = (values.get((values.len() - 1) / 2)?, values.get(values.len() / 2)?);
        Some(Spread { median: (low + high) / 2.0, min, max })
    }
}

/// One number of a sample.
pub(crate) type Figure = fn(&Sample) -> f64;

/// The median of a figure over the rounds of one candidate.
pub(crate) fn median(samples: &[Sample], candidate: &str, figure: Figure) -> Option<Spread> {
    Spread::of(samples.iter().filter(|sample| sample.candidate == candidate).map(figure).collect())
}

/// How one candidate stands to another.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Ratios {
    /// The candidate above the line.
    pub(crate) of: String,
    /// The candidate below it.
    pub(crate) to: String,
    /// CPU per request.
    pub(crate) cpu: Spread,
    /// Requests per second.
    pub(crate) throughput: Spread,
    /// Latency that 99 of 100 requests stay within.
    pub(crate) p99: Spread,
}

impl Ratios {
    /// Compares two candidates; none if they have no round in common.
    pub(crate) fn between(samples: &[Sample], of: &str, to: &str) -> Option<Self> {
        let ratio = |figure: Figure| {
            let value = |candidate: &str, round: u32| {
                samples.iter().find(|sample| sample.candidate == candidate && sample.round == round).map(figure)
            };
            let rounds = samples.iter().filter(|sample| sample.candidate == of).map(|sample| sample.round);
            Spread::of(rounds.filter_map(|round| Some(value(of, round)? / value(to, round)?)).collect())
        };
        Some(Ratios {
            of: of.to_owned(),
            to: to.to_owned(),
            cpu: ratio(|sample| sample.cpu_us)?,
            throughput: ratio(|sample| sample.rate)?,
            p99: ratio(|sample| sample.client.p99_us)?,
        })
    }
}
