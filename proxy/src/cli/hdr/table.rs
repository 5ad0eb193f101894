//! A line of percentiles for each series. The numbers are those of the log, whatever their unit.

use hdrhistogram::Histogram;

use super::recording::Recording;
use crate::cli::counted;

/// The percentiles that are shown.
const QUANTILES: [(&str, f64); 5] = [("P50", 0.5), ("P90", 0.9), ("P99", 0.99), ("P99.9", 0.999), ("P99.99", 0.9999)];

/// The titles of the columns behind the first.
pub(super) fn titles() -> Vec<String> {
    let quantiles = QUANTILES.iter().map(|(title, _)| (*title).to_owned());
    ["COUNT".to_owned(), "MEAN".to_owned()].into_iter().chain(quantiles).chain(["MAX".to_owned()]).collect()
}

/// What stands under the titles.
pub(super) fn figures(series: &Histogram<u64>) -> Vec<f64> {
    let quantiles = QUANTILES.iter().map(|(_, quantile)| series.value_at_quantile(*quantile) as f64);
    let (count, longest) = (series.len() as f64, if series.is_empty() { 0.0 } else { series.max() as f64 });
    [count, series.mean()].into_iter().chain(quantiles).chain([longest]).collect()
}

/// Figures as they are printed: whole numbers, but for the mean.
pub(super) fn cells(figures: &[f64]) -> impl Iterator<Item = String> {
    figures.iter().enumerate().map(|(column, figure)| match column {
        1 => format!("{figure:.1}"),
        _ => format!("{figure:.0}"),
    })
}

pub(super) fn show(recording: &Recording) -> String {
    let mut rows = vec![std::iter::once("SERIES".to_owned()).chain(titles()).collect::<Vec<_>>()];
    for (tag, series) in &recording.series {
        rows.push(std::iter::once(tag.clone()).chain(cells(&figures(series))).collect());
    }
    format!("{}\n\n{}", heading(recording), aligned(&rows))
}

/// What the log is.
pub(super) fn heading(recording: &Recording) -> String {
    let (series, intervals) = (recording.series.len(), recording.intervals);
    let series = if series == 1 { "1 series".to_owned() } else { format!("{series} series") };
    format!("{}: {series}; the log has {}", recording.name, counted(intervals, "interval"))
}

/// The first column to the left, the others to the right, each as wide as it must be.
pub(super) fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |row: &[String], column: usize| row.get(column).map_or(0, |cell| cell.chars().count());
    let widths: Vec<_> =
        (0..columns).map(|column| rows.iter().map(|row| cell(row, column)).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}
