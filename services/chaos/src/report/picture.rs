//! The picture of a run: what clients got, what they did not, and how long it took, with the steps behind it.

use super::Report;
use super::chart::{Chart, GREY};
use super::svg::Svg;
use super::timeline::{CELLS_PER_SECOND, Line};

const WIDTH: f64 = 1400.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 20.0;
/// One colour a group, in their order.
const COLOURS: [&str; 10] =
    ["#1f77b4", "#2ca02c", "#ff7f0e", "#9467bd", "#8c564b", "#17becf", "#bcbd22", "#e377c2", "#7f7f7f", "#003f5c"];
const RED: &str = "#d62728";

/// The picture as SVG.
pub(super) fn of(report: &Report) -> String {
    let lines = &report.timeline;
    let cells = lines.iter().map(|line| line.good.len()).max().unwrap_or_default();
    let seconds = (cells as f64 / CELLS_PER_SECOND as f64).max(1.0);
    let legend = 24.0 + 16.0 * lines.len().div_ceil(4) as f64;
    let steps = 16.0 * report.steps.len() as f64;
    let top = 60.0 + legend + steps;
    let chart = |top: f64, height: f64, most: f64, logarithmic: bool| Chart {
        x: (LEFT, WIDTH - LEFT - RIGHT),
        y: (top, height),
        seconds,
        most,
        logarithmic,
    };
    let highest = |of: fn(&Line) -> &Vec<u32>| {
        let per_second = lines.iter().flat_map(|line| per_second(of(line)));
        per_second.fold(0.0_f64, f64::max)
    };
    let good = chart(top, 200.0, round_up(highest(|line| &line.good)), false);
    let bad_most = highest(|line| &line.failed).max(highest(|line| &line.refused));
    let bad = chart(top + 240.0, 160.0, round_up(bad_most), false);
    let slow = chart(top + 440.0, 200.0, 10_000.0, true);

    let mut svg = Svg::new(WIDTH, top + 680.0);
    let verdict = if report.holds { "every verdict holds" } else { "not every verdict holds" };
    svg.text((LEFT, 22.0), &format!("Supplex Gateway under chaos: {verdict}"), "#000000", false);
    draw_legend(&mut svg, lines);
    draw_steps(&mut svg, report, 40.0 + legend, &[good, bad, slow]);
    good.frame(&mut svg, "requests per second that got what they wanted");
    bad.frame(&mut svg, "requests per second that were refused by a limit (thin), or failed (red)");
    slow.frame(&mut svg, "p99 of each second, in ms");
    for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        svg.path(&curve(&good, &per_second(&line.good)), colour);
        svg.path(&curve(&bad, &per_second(&line.refused)), colour);
        svg.path(&curve(&bad, &per_second(&line.failed)), RED);
        for points in stretches(&slow, &line.p99_ms) {
            svg.path(&points, colour);
        }
    }
    slow.clock(&mut svg);
    svg.finish()
}

/// Sums of tenths, as seconds.
fn per_second(cells: &[u32]) -> Vec<f64> {
    cells.chunks(CELLS_PER_SECOND).map(|chunk| f64::from(chunk.iter().sum::<u32>())).collect()
}

/// The points of a curve over its seconds, without the stretches in which there is nothing.
fn curve(chart: &Chart, values: &[f64]) -> Vec<(f64, f64)> {
    let there = |at: usize| values.get(at).is_some_and(|value| *value > 0.0);
    let near = |at: usize| there(at) || at.checked_sub(1).is_some_and(there) || there(at + 1);
    let first = (0..values.len()).find(|at| near(*at));
    let last = (0..values.len()).rev().find(|at| near(*at));
    let (Some(first), Some(last)) = (first, last) else { return Vec::new() };
    let points = values.iter().enumerate().take(last + 1).skip(first);
    points.map(|(second, value)| (chart.at(second as f64 + 0.5), chart.level(*value))).collect()
}

/// The points of the stretches in which there is something to show.
fn stretches(chart: &Chart, values: &[Option<f64>]) -> Vec<Vec<(f64, f64)>> {
    let at = |second: usize, value: f64| (chart.at(second as f64 + 0.5), chart.level(value));
    let numbered: Vec<_> = values.iter().enumerate().collect();
    let parts = numbered.split(|(_, value)| value.is_none()).filter(|part| !part.is_empty());
    parts.map(|part| part.iter().filter_map(|(second, value)| Some(at(*second, (**value)?))).collect()).collect()
}

/// The next number with one digit that is not zero, so that a scale has round marks.
fn round_up(value: f64) -> f64 {
    let unit = 10_f64.powf(value.max(1.0).log10().floor());
    (value.max(1.0) / unit).ceil() * unit
}

fn draw_legend(svg: &mut Svg, lines: &[Line]) {
    for (number, (line, colour)) in lines.iter().zip(COLOURS.iter().cycle()).enumerate() {
        let (x, y) = (LEFT + 320.0 * (number % 4) as f64, 44.0 + 16.0 * (number / 4) as f64);
        svg.rectangle((x, y - 9.0), (10.0, 10.0), colour, "");
        svg.text(
            (x + 16.0, y),
            &format!("{} ({} a second)", line.group, crate::verdict::number(line.rate)),
            GREY,
            false,
        );
    }
}

fn draw_steps(svg: &mut Svg, report: &Report, top: f64, charts: &[Chart]) {
    let Some(over) = charts.first() else { return };
    for (number, page) in report.steps.iter().enumerate() {
        let (from, to) = (over.at(page.from), over.at(page.to));
        let fill = if page.holds() { "#eef7ee" } else { "#fbeaea" };
        for chart in charts {
            svg.rectangle((from, chart.y.0), (to - from, chart.y.1), fill, &format!("{}: {}", page.step, page.title));
            for event in &page.events {
                let x = chart.at(event.at);
                svg.line(
                    (x, chart.y.0),
                    (x, chart.y.0 + chart.y.1),
                    "#bbbbbb",
                    &format!("{:.2} s {}", event.at, event.what),
                );
            }
        }
        let word = if page.holds() { "holds" } else { "FAILS" };
        let y = top + 16.0 * number as f64;
        svg.rectangle(
            (from, y - 9.0),
            (to - from, 11.0),
            if page.holds() { "#a5d6a7" } else { "#ef9a9a" },
            &page.title,
        );
        let right = to > WIDTH / 2.0;
        let x = if right { from - 6.0 } else { to + 6.0 };
        svg.text((x, y), &format!("{}: {word}", page.step), "#000000", right);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;
    use super::*;

    #[test]
    fn every_step_and_group_is_in_the_picture() {
        let picture = of(&report());
        for wanted in ["killed-node: FAILS", "products (200 a second)", "kill -9", "not every verdict holds"] {
            assert!(picture.contains(wanted), "{wanted} is missing: {picture}");
        }
        assert!(!picture.contains("NaN") && !picture.contains("inf"), "{picture}");
    }

    #[test]
    fn an_empty_run_is_a_picture_too() {
        let empty = Report { steps: vec![], timeline: vec![], ..report() };
        assert!(!of(&empty).contains("NaN"));
    }

    #[test]
    fn a_curve_leaves_out_what_is_not_there() {
        let chart = Chart { x: (0.0, 10.0), y: (0.0, 10.0), seconds: 10.0, most: 10.0, logarithmic: false };
        assert_eq!(curve(&chart, &[0.0; 10]), []);
        let points = curve(&chart, &[0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(points, [(2.5, 10.0), (3.5, 5.0), (4.5, 10.0)]);
    }

    #[test]
    fn where_nothing_was_answered_there_is_no_latency() {
        let chart = Chart { x: (0.0, 4.0), y: (0.0, 10.0), seconds: 4.0, most: 10.0, logarithmic: false };
        let stretches = stretches(&chart, &[Some(10.0), None, Some(0.0), Some(5.0)]);
        assert_eq!(stretches, [vec![(0.5, 0.0)], vec![(2.5, 10.0), (3.5, 5.0)]]);
    }

    #[test]
    fn scales_end_at_round_numbers() {
        assert_eq!([0.0, 1.0, 9.1, 312.0, 1000.0].map(round_up), [1.0, 1.0, 10.0, 400.0, 1000.0]);
    }
}
