//! What each group of clients saw, by tenths of a second; latencies by second, as a percentile of less says nothing.

use std::time::Duration;

use serde::Serialize;

use crate::figures::{Span, percentile};
use crate::load::group::Record;
use crate::load::sample::{Class, Sample};

/// The length of a cell.
pub const CELL: Duration = Duration::from_millis(100);
/// Cells in a second.
pub const CELLS_PER_SECOND: usize = 10;

/// What one group saw. Requests count where they should have begun.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// The group.
    pub group: String,
    /// Requests per second, as ordered.
    pub rate: f64,
    /// By tenths of a second: those that got what they wanted.
    pub good: Vec<u32>,
    /// Those that were told to come less often.
    pub refused: Vec<u32>,
    /// All others.
    pub failed: Vec<u32>,
    /// By seconds: the p99 of those that got what they wanted, in milliseconds.
    pub p99_ms: Vec<Option<f64>>,
}

/// The lines of these records, until `end`. Groups of the same name are one.
#[must_use]
pub fn lines(records: &[Record], end: Duration) -> Vec<Line> {
    let whole = Span { from: Duration::ZERO, to: end };
    let mut groups: Vec<(&Record, Vec<Sample>)> = Vec::new();
    for record in records {
        let samples = record.samples(whole);
        match groups.iter_mut().find(|(known, _)| known.name() == record.name()) {
            Some((_, known)) => known.extend(samples),
            None => groups.push((record, samples)),
        }
    }
    groups.into_iter().map(|(record, samples)| line(record.name(), record.rate(), &samples, end)).collect()
}

fn line(group: &str, rate: f64, samples: &[Sample], end: Duration) -> Line {
    let cells = end.as_millis().div_ceil(CELL.as_millis()) as usize;
    let seconds = cells.div_ceil(CELLS_PER_SECOND);
    let mut line = Line {
        group: group.into(),
        rate,
        good: vec![0; cells],
        refused: vec![0; cells],
        failed: vec![0; cells],
        p99_ms: Vec::new(),
    };
    let mut times = vec![Vec::new(); seconds];
    for sample in samples {
        let cell = (sample.at.as_millis() / CELL.as_millis()) as usize;
        let counts = match sample.class {
            Class::Good => &mut line.good,
            Class::Refused => &mut line.refused,
            Class::Failed => &mut line.failed,
        };
        if let Some(count) = counts.get_mut(cell) {
            *count += 1;
        }
        if let (Class::Good, Some(times)) = (sample.class, times.get_mut(cell / CELLS_PER_SECOND)) {
            times.push(sample.took);
        }
    }
    line.p99_ms = times.into_iter().map(|times| percentile(times.into_iter(), 0.99)).collect();
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: u64, took: u64, class: Class) -> Sample {
        Sample::new(Duration::from_millis(at), Duration::from_millis(took), class)
    }

    #[test]
    fn a_request_counts_where_it_should_have_begun() {
        let samples = [sample(0, 5000, Class::Good), sample(99, 1, Class::Failed), sample(100, 1, Class::Refused)];
        let line = line("g", 1.0, &samples, Duration::from_millis(1_150));
        assert_eq!((line.good.len(), line.p99_ms.len()), (12, 2));
        assert_eq!((line.good[0], line.failed[0], line.refused[0], line.refused[1]), (1, 1, 0, 1));
        assert!(line.p99_ms[0].is_some_and(|p99| (4990.0..5010.0).contains(&p99)));
        assert_eq!(line.p99_ms[1], None, "nobody got anything then");
    }

    #[test]
    fn what_comes_after_the_end_is_left_out() {
        let line = line("g", 1.0, &[sample(5_000, 1, Class::Good)], Duration::from_secs(1));
        assert_eq!(line.good.iter().sum::<u32>(), 0);
    }
}
