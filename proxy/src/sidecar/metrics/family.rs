//! Metric families by hand: what the library's own counters and registries would do, over numbers that live elsewhere.

use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};

use super::super::registry::HistogramSum;

/// A family under construction.
pub(super) struct Family {
    family: MetricFamily,
    metrics: Vec<Metric>,
}

impl Family {
    /// A family by name and help text.
    pub(super) fn new((name, help): (&str, &str), kind: MetricType) -> Self {
        let mut family = MetricFamily::default();
        family.set_name(name.to_owned());
        family.set_help(help.to_owned());
        family.set_field_type(kind);
        Self { family, metrics: Vec::new() }
    }

    /// Adds one metric with its labels.
    pub(super) fn push(&mut self, labels: &[(&str, &str)], mut metric: Metric) {
        let mut labels: Vec<_> = labels.iter().map(|(name, value)| label(name, value)).collect();
        labels.sort_by(|one, other| one.name().cmp(other.name()));
        metric.set_label(labels);
        self.metrics.push(metric);
    }

    pub(super) fn finish(mut self) -> MetricFamily {
        self.family.set_metric(self.metrics);
        self.family
    }
}

fn label(name: &str, value: &str) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}

/// A count.
pub(super) fn counter(value: u64) -> Metric {
    real_counter(value as f64)
}

/// A count that is not whole, such as seconds.
pub(super) fn real_counter(value: f64) -> Metric {
    let (mut metric, mut counter) = (Metric::default(), Counter::default());
    counter.set_value(value);
    metric.set_counter(counter);
    metric
}

/// A number that goes up and down.
pub(super) fn gauge(value: u64) -> Metric {
    ratio(value as f64)
}

/// As [`gauge`], not whole.
pub(super) fn ratio(value: f64) -> Metric {
    let mut gauge = Gauge::default();
    gauge.set_value(value);
    Metric::from_gauge(gauge)
}

/// A histogram of nanoseconds, shown in seconds.
pub(super) fn histogram(sum: &HistogramSum) -> Metric {
    let mut cumulative = 0;
    let mut bucket = |(bound, count): (&u64, &u64)| {
        cumulative += count;
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(seconds(*bound));
        bucket.set_cumulative_count(cumulative);
        bucket
    };
    let buckets = sum.bounds.iter().zip(&sum.counts).map(&mut bucket).collect();
    let (mut metric, mut histogram) = (Metric::default(), Histogram::default());
    histogram.set_bucket(buckets);
    histogram.set_sample_count(sum.counts.iter().sum());
    histogram.set_sample_sum(seconds(sum.sum));
    metric.set_histogram(histogram);
    metric
}

/// Divided, not multiplied by 1e-9, which is no binary fraction: 25 us must read 0.000025.
fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}
