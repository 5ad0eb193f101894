//! What is kept of a run: how long each step took, what was not answered as it should be, and how journeys ended.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::shopper::journey::{Ending, Walked};
use crate::step::{Broken, Exchange, Step};

/// The longest time that is told apart from longer ones: ten minutes, in microseconds.
const LONGEST: u64 = 600_000_000;

/// Times, in microseconds, to three digits.
#[derive(Clone, Debug)]
pub(super) struct Times(Histogram<u64>);

impl Times {
    /// None yet.
    ///
    /// # Errors
    /// When the library refuses its bounds.
    pub(super) fn new() -> Result<Self, String> {
        Histogram::new_with_bounds(1, LONGEST, 3).map(Self).map_err(|error| error.to_string())
    }

    fn note(&mut self, took: Duration) {
        self.0.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// What is reported of them.
    pub(super) fn summary(&self) -> Summary {
        let at = |quantile| self.0.value_at_quantile(quantile) as f64 / 1000.0;
        Summary {
            count: self.0.len(),
            p50_ms: at(0.50),
            p95_ms: at(0.95),
            p99_ms: at(0.99),
            max_ms: self.0.max() as f64 / 1000.0,
        }
    }
}

/// Percentiles, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Summary {
    pub(super) count: u64,
    pub(super) p50_ms: f64,
    pub(super) p95_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) max_ms: f64,
}

/// A kind of trouble.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Trouble {
    pub(super) step: Step,
    /// 0 when there was no answer.
    pub(super) status: u16,
    pub(super) reason: String,
}

/// How many journeys ended how.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Endings {
    pub(super) paid: u64,
    pub(super) cancelled: u64,
    pub(super) declined: u64,
    pub(super) sold_out: u64,
    pub(super) broken: u64,
}

impl Endings {
    pub(super) fn complete(&self) -> u64 {
        self.paid + self.cancelled + self.declined + self.sold_out
    }
}

/// Everything that is kept.
#[derive(Debug)]
pub(super) struct Record {
    /// Of answers, good or not; what was tried again counts each time.
    pub(super) steps: BTreeMap<Step, Times>,
    /// Whole journeys that went as they should.
    pub(super) journeys: Times,
    /// Those among them in which the shopper registered.
    pub(super) newcomers: Times,
    /// What ended a journey.
    pub(super) failures: BTreeMap<Trouble, (u64, String)>,
    /// What was tried again.
    pub(super) repeats: BTreeMap<Trouble, u64>,
    pub(super) endings: Endings,
}

impl Record {
    /// An empty one.
    ///
    /// # Errors
    /// When the library of histograms refuses.
    pub(super) fn new() -> Result<Self, String> {
        let steps = Step::ALL.into_iter().map(|step| Ok((step, Times::new()?))).collect::<Result<_, String>>()?;
        Ok(Self {
            steps,
            journeys: Times::new()?,
            newcomers: Times::new()?,
            failures: BTreeMap::new(),
            repeats: BTreeMap::new(),
            endings: Endings::default(),
        })
    }

    /// Notes a request.
    pub(super) fn saw(&mut self, exchange: &Exchange<'_>) {
        if let Some(times) = self.steps.get_mut(&exchange.step) {
            times.note(exchange.took);
        }
        if exchange.again {
            let (status, reason) = match exchange.outcome {
                Ok(reply) => (reply.status, reply.reason().to_owned()),
                Err(what) => (0, what.to_owned()),
            };
            *self.repeats.entry(Trouble { step: exchange.step, status, reason }).or_default() += 1;
        }
    }

    /// Notes the end of a journey.
    pub(super) fn ended(&mut self, walked: &Result<Walked, Broken>) {
        let walked = match walked {
            Ok(walked) => walked,
            Err(broken) => {
                self.endings.broken += 1;
                let Broken { step, status, reason, .. } = broken.clone();
                let entry = self.failures.entry(Trouble { step, status, reason });
                entry.or_insert_with(|| (0, broken.to_string())).0 += 1;
                return;
            }
        };
        self.journeys.note(walked.took);
        if walked.newcomer {
            self.newcomers.note(walked.took);
        }
        match walked.ending {
            Ending::Paid => self.endings.paid += 1,
            Ending::Cancelled => self.endings.cancelled += 1,
            Ending::Declined => self.endings.declined += 1,
            Ending::SoldOut => self.endings.sold_out += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn troubles_of_one_kind_are_counted_together() {
        let mut record = Record::new().expect("a record");
        let broken = |what: &str| Broken {
            step: Step::Login,
            request: "POST /api/users/login".into(),
            status: 503,
            reason: "password.busy".into(),
            what: what.into(),
        };
        record.ended(&Err(broken("one")));
        record.ended(&Err(broken("two")));
        let took = Duration::from_millis(7);
        record.ended(&Ok(Walked { ending: Ending::Paid, took, newcomer: false }));
        assert_eq!(record.failures.len(), 1);
        assert!(record.failures.values().all(|(count, example)| *count == 2 && example.contains("one")));
        assert_eq!((record.endings.broken, record.endings.complete()), (2, 1));
        assert_eq!((record.journeys.summary().count, record.newcomers.summary().count), (1, 0));
        assert!((6.9..7.1).contains(&record.journeys.summary().p95_ms));
    }
}
