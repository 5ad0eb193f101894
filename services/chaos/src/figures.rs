//! From samples to figures: percentiles, medians of windows, and how two spans compare. Knows no network.
//!
//! One percentile of one short window says little on a machine that does other things as well. Where a verdict is about
//! latency, the median over several windows is taken, before and during the event, and these are compared.

use std::time::Duration;

use hdrhistogram::Histogram;

/// From one moment of the run to another, both counted from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first moment of it.
    pub from: Duration,
    /// The first moment after it.
    pub to: Duration,
}

impl Span {
    /// Whether the moment is in it.
    #[must_use]
    pub fn has(self, moment: Duration) -> bool {
        self.from <= moment && moment < self.to
    }

    /// How long it is, in seconds.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.to.saturating_sub(self.from).as_secs_f64()
    }

    /// Equal parts of about the length of `part`; one at least.
    #[must_use]
    pub fn windows(self, part: Duration) -> Vec<Self> {
        let whole = self.to.saturating_sub(self.from);
        let count = (whole.as_secs_f64() / part.as_secs_f64().max(1e-3)).round().clamp(1.0, 10_000.0) as u32;
        let at = |number: u32| self.from + whole * number / count;
        (0..count).map(|number| Self { from: at(number), to: at(number + 1) }).collect()
    }
}

/// The value below which this share of the times lies, in milliseconds; `None` without times.
#[must_use]
pub fn percentile(times: impl Iterator<Item = Duration>, share: f64) -> Option<f64> {
    // From a microsecond to more than any request may take; three digits.
    let mut histogram = Histogram::<u32>::new_with_bounds(1, 120_000_000, 3).ok()?;
    for time in times {
        histogram.saturating_record(u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1));
    }
    (!histogram.is_empty()).then(|| histogram.value_at_quantile(share) as f64 / 1e3)
}

/// The one in the middle; `None` of nothing.
#[must_use]
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = middle.checked_sub(1).and_then(|below| values.get(below))?;
    Some(f64::midpoint(*lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn windows_cover_a_span_without_gaps() {
        let span = Span { from: SECOND, to: SECOND * 6 };
        let windows = span.windows(SECOND * 2);
        assert_eq!(windows.len(), 3);
        assert_eq!((windows[0].from, windows[2].to), (span.from, span.to));
        assert!(windows.windows(2).all(|pair| pair[0].to == pair[1].from));
        assert_eq!(span.windows(SECOND * 60), [span]);
        let nothing = Span { from: SECOND, to: SECOND };
        assert_eq!(nothing.windows(SECOND), [nothing]);
    }

    #[test]
    fn a_moment_belongs_to_one_window() {
        let windows = Span { from: SECOND, to: SECOND * 3 }.windows(SECOND);
        assert_eq!(windows.iter().filter(|window| window.has(SECOND * 2)).count(), 1);
        assert!(!windows[1].has(SECOND * 3));
    }

    #[test]
    fn percentiles_are_within_a_thousandth() {
        let times = (1..=1000).map(Duration::from_millis);
        let p99 = percentile(times, 0.99).expect("a value");
        assert!((989.0..=992.0).contains(&p99), "{p99}");
        assert_eq!(percentile(std::iter::empty(), 0.99), None);
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(vec![]), None);
    }
}
