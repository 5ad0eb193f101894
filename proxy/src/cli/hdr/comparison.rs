//! Two logs side by side: for each series the figures of both, and by how much they changed.

use std::collections::BTreeSet;

use hdrhistogram::Histogram;

use super::recording::Recording;
use super::table::{aligned, cells, figures, heading, titles};

pub(super) fn show(before: &Recording, after: &Recording) -> String {
    let tags: BTreeSet<_> = before.series.keys().chain(after.series.keys()).collect();
    let mut rows = vec![std::iter::once("SERIES".to_owned()).chain(titles()).collect::<Vec<_>>()];
    for tag in tags {
        let (one, other) = (before.series.get(tag), after.series.get(tag));
        rows.push(vec![tag.clone()]);
        rows.push(row("  before", one));
        rows.push(row("  after", other));
        rows.push(std::iter::once("  change".to_owned()).chain(changes(one, other)).collect());
    }
    format!("before  {}\nafter   {}\n\n{}", heading(before), heading(after), aligned(&rows))
}

fn row(name: &str, series: Option<&Histogram<u64>>) -> Vec<String> {
    let figures = series.map_or(Vec::new(), |series| cells(&figures(series)).collect());
    let dashes = titles().into_iter().map(|_| "-".to_owned()).skip(figures.len());
    std::iter::once(name.to_owned()).chain(figures).chain(dashes).collect()
}

fn changes(before: Option<&Histogram<u64>>, after: Option<&Histogram<u64>>) -> Vec<String> {
    let (before, after) = match (before, after) {
        (Some(before), Some(after)) => (figures(before), figures(after)),
        (Some(_), None) => return vec!["gone".to_owned()],
        (None, _) => return vec!["new".to_owned()],
    };
    before.iter().zip(&after).map(|(before, after)| change(*before, *after)).collect()
}

/// In percent of what was before.
fn change(before: f64, after: f64) -> String {
    let percent = (after - before) / before * 100.0;
    match before {
        _ if before == after => "=".to_owned(),
        0.0 => "-".to_owned(),
        _ => format!("{percent:+.1}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_in_percent_of_what_was_before() {
        assert_eq!(change(200.0, 250.0), "+25.0%");
        assert_eq!(change(200.0, 100.0), "-50.0%");
        assert_eq!(change(200.0, 200.0), "=");
        assert_eq!(change(0.0, 0.0), "=");
        assert_eq!(change(0.0, 7.0), "-", "nothing has no percents");
    }
}
