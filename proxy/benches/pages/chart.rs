//! A run as a picture: CPU per request of each candidate in each scenario, the median as a bar, the extremes as a line.

use std::fmt::{Result, Write};

use super::run::{Run, Spread};

const BAR: f64 = 16.0;
const GAP: f64 = 18.0;
const LEFT: f64 = 150.0;
const WIDTH: f64 = 760.0;
const TOP: f64 = 34.0;
/// Colours that differ in brightness too, for those who see no hue.
const FILLS: [&str; 4] = ["#1f6f8b", "#99a8b2", "#c9b79c", "#5b5f97"];

/// The picture.
pub(crate) fn svg(run: &Run) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = draw(&mut out, run);
    out
}

fn draw(out: &mut String, run: &Run) -> Result {
    let group = run.candidates.len() as f64 * BAR + GAP;
    let height = TOP + run.scenarios.len() as f64 * group + 10.0;
    writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="11">"#
    )?;
    writeln!(out, "<title>CPU microseconds per request; median over rounds, with the least and the most</title>")?;
    writeln!(out, r##"<rect width="100%" height="100%" fill="#ffffff"/>"##)?;
    for (number, (candidate, fill)) in run.candidates.iter().zip(FILLS).enumerate() {
        let x = LEFT + number as f64 * 110.0;
        writeln!(out, r#"<rect x="{x}" y="8" width="12" height="12" fill="{fill}"/>"#)?;
        writeln!(out, r#"<text x="{}" y="18">{}</text>"#, x + 17.0, candidate.name)?;
    }
    for (number, measured) in run.scenarios.iter().enumerate() {
        let y = TOP + number as f64 * group;
        let bars: Vec<Option<Spread>> =
            run.candidates.iter().map(|one| measured.spread(&one.name, |sample| sample.cpu_us)).collect();
        let most = bars.iter().flatten().map(|spread| spread.max).fold(1.0, f64::max);
        writeln!(out, r#"<text x="4" y="{:.1}">{}</text>"#, y + BAR, measured.scenario.key)?;
        for ((place, spread), fill) in bars.iter().enumerate().zip(FILLS) {
            if let Some(spread) = spread {
                bar(out, y + place as f64 * BAR, *spread, (WIDTH - LEFT - 70.0) / most, fill)?;
            }
        }
    }
    writeln!(out, "</svg>")
}

fn bar(out: &mut String, y: f64, spread: Spread, scale: f64, fill: &str) -> Result {
    let (x, from, to) = (spread.median * scale, LEFT + spread.min * scale, LEFT + spread.max * scale);
    writeln!(out, r#"<rect x="{LEFT}" y="{y:.1}" width="{x:.1}" height="{:.1}" fill="{fill}"/>"#, BAR - 3.0)?;
    let middle = y + (BAR - 3.0) / 2.0;
    writeln!(out, r##"<path d="M{from:.1} {middle:.1}H{to:.1}" stroke="#222222"/>"##)?;
    writeln!(out, r#"<text x="{:.1}" y="{:.1}">{:.1}</text>"#, to + 5.0, y + BAR - 5.0, spread.median)
}
