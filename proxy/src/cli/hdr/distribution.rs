//! The whole distribution of each series, in the form of HdrHistogram's `outputPercentileDistribution`, which plotters read.

use std::fmt::Write;

use hdrhistogram::Histogram;

use super::recording::Recording;
use super::table::heading;

/// Lines for each halving of the distance to 100 %.
const TICKS: u32 = 5;

pub(super) fn show(recording: &Recording) -> String {
    let mut text = format!("{}\n", heading(recording));
    for (tag, series) in &recording.series {
        // Writing into text cannot fail.
        let _ = write!(text, "\n{tag}\n\n{}", distribution(series));
    }
    text
}

fn distribution(series: &Histogram<u64>) -> String {
    let mut text = format!("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
    let mut total = 0;
    for step in series.iter_quantiles(TICKS) {
        total += step.count_since_last_iteration();
        let (value, quantile) = (step.value_iterated_to(), step.quantile_iterated_to());
        let _ = write!(text, "{value:>12.3} {quantile:>2.12} {total:>10}", value = value as f64);
        let _ = match quantile {
            ..1.0 => writeln!(text, " {:>14.2}", 1.0 / (1.0 - quantile)),
            _ => writeln!(text),
        };
    }
    let (mean, deviation) = (series.mean(), series.stdev());
    let longest = if series.is_empty() { 0 } else { series.max() };
    let _ = writeln!(text, "#[Mean    = {mean:>12.3}, StdDeviation   = {deviation:>12.3}]");
    let _ = writeln!(text, "#[Max     = {:>12.3}, Total count    = {:>12}]", longest as f64, series.len());
    let sub_buckets = (2 * 10_u64.pow(series.sigfig().into())).next_power_of_two();
    let _ = writeln!(text, "#[Buckets = {:>12}, SubBuckets     = {sub_buckets:>12}]", series.buckets());
    text
}
