//! A kept run of `make bench` or `make bench-peers`, as its JSON file holds it, with the figures that follow from it.

use serde::Deserialize;

/// A whole run.
#[derive(Debug, Deserialize)]
pub(crate) struct Run {
    /// The file's name without its ending.
    #[serde(skip)]
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) machine: Machine,
    pub(crate) rounds: u32,
    pub(crate) seconds: u32,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) comparison: Comparison,
    pub(crate) scenarios: Vec<Measured>,
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) remarks: Vec<String>,
    pub(crate) problems: Vec<String>,
}

/// Where it ran.
#[derive(Debug, Deserialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cpus: u32,
    pub(crate) kernel: String,
    pub(crate) proxy_cpu: u32,
    pub(crate) load_cpu: u32,
}

/// A program that was measured.
#[derive(Debug, Deserialize)]
pub(crate) struct Candidate {
    pub(crate) name: String,
    pub(crate) version: String,
}

/// Which candidate stands above the line of a ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Comparison {
    FirstToOthers,
    OthersToFirst,
}

/// A scenario with its samples.
#[derive(Debug, Deserialize)]
pub(crate) struct Measured {
    pub(crate) scenario: Scenario,
    /// Requests per second, if the rate was constant.
    pub(crate) paced_rate: Option<f64>,
    samples: Vec<Sample>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(crate) key: String,
    pub(crate) title: String,
}

/// One candidate in one round.
#[derive(Debug, Deserialize)]
pub(crate) struct Sample {
    candidate: String,
    round: u32,
    pub(crate) rate: f64,
    pub(crate) cpu_us: f64,
    pub(crate) user_us: f64,
    pub(crate) client: Client,
}

/// What the client saw.
#[derive(Debug, Deserialize)]
pub(crate) struct Client {
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) p999_us: f64,
}

/// A bar and whether it was met.
#[derive(Debug, Deserialize)]
pub(crate) struct Verdict {
    pub(crate) bar: String,
    pub(crate) measured: Spread,
    pub(crate) met: bool,
}

/// A median with its extremes.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

/// One number of a sample.
pub(crate) type Figure = fn(&Sample) -> f64;

impl Measured {
    /// Over the rounds of one candidate.
    pub(crate) fn spread(&self, candidate: &str, figure: Figure) -> Option<Spread> {
        spread(self.samples.iter().filter(|sample| sample.candidate == candidate).map(figure).collect())
    }

    /// Over the rounds of both, of the ratio within a round.
    pub(crate) fn ratio(&self, of: &str, to: &str, figure: Figure) -> Option<Spread> {
        let value = |candidate: &str, round: u32| {
            self.samples.iter().find(|sample| sample.candidate == candidate && sample.round == round).map(figure)
        };
        let rounds = self.samples.iter().filter(|sample| sample.candidate == of).map(|sample| sample.round);
        spread(rounds.filter_map(|round| Some(value(of, round)? / value(to, round)?)).collect())
    }
}

impl Run {
    /// The pairs that are compared.
    pub(crate) fn pairs(&self) -> Vec<(&str, &str)> {
        let Some((first, others)) = self.candidates.split_first() else { return Vec::new() };
        let pair = |other| match self.comparison {
            Comparison::FirstToOthers => (&first.name, other),
            Comparison::OthersToFirst => (other, &first.name),
        };
        others.iter().map(|other| pair(&other.name)).map(|(of, to)| (of.as_str(), to.as_str())).collect()
    }
}

fn spread(mut values: Vec<f64>) -> Option<Spread> {
    values.retain(|value| value.is_finite());
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.get(values.len().checked_sub(1)? / 2)?, values.get(values.len() / 2)?);
    Some(Spread { median: (low + high) / 2.0, min: *values.first()?, max: *values.last()? })
}
