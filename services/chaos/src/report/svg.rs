//! Writes SVG: the few shapes a chart needs. Knows nothing of what they mean.

use std::fmt::Write;

/// A picture that is being drawn.
#[derive(Debug)]
pub(super) struct Svg {
    width: f64,
    height: f64,
    body: String,
}

impl Svg {
    /// A white one.
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new() }
    }

    /// A filled rectangle, with a text that shows when the pointer rests on it.
    pub(super) fn rectangle(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), fill: &str, hint: &str) {
        let hint = escape(hint);
        self.add(format_args!(
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="{fill}"><title>{hint}</title></rect>"#
        ));
    }

    /// A straight line.
    pub(super) fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), stroke: &str, hint: &str) {
        let hint = escape(hint);
        self.add(format_args!(
            r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" stroke="{stroke}"><title>{hint}</title></line>"#
        ));
    }

    /// A line through points.
    pub(super) fn path(&mut self, points: &[(f64, f64)], stroke: &str) {
        if points.is_empty() {
            return;
        }
        let mut along = String::new();
        for (x, y) in points {
            // Writing to a string cannot fail.
            let _written = write!(along, "{x:.1},{y:.1} ");
        }
        let along = along.trim_end();
        self.add(format_args!(r#"<polyline points="{along}" fill="none" stroke="{stroke}" stroke-width="1.2"/>"#));
    }

    /// A text that begins, or with `end` ends, at a point.
    pub(super) fn text(&mut self, (x, y): (f64, f64), text: &str, fill: &str, end: bool) {
        let (anchor, text) = (if end { "end" } else { "start" }, escape(text));
        self.add(format_args!(r#"<text x="{x:.1}" y="{y:.1}" fill="{fill}" text-anchor="{anchor}">{text}</text>"#));
    }

    fn add(&mut self, shape: std::fmt::Arguments<'_>) {
        let _written = writeln!(self.body, "{shape}");
    }

    /// The whole picture.
    pub(super) fn finish(self) -> String {
        let Self { width, height, body } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" font-family=\"sans-serif\" font-size=\"11\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{body}</svg>\n"
        )
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let mut svg = Svg::new(10.0, 10.0);
        svg.text((1.0, 2.0), "a < b & \"c\"", "#000", false);
        let svg = svg.finish();
        assert!(svg.contains("a &lt; b &amp; &quot;c&quot;</text>"), "{svg}");
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn no_points_draw_nothing() {
        let mut svg = Svg::new(10.0, 10.0);
        svg.path(&[], "#000");
        svg.path(&[(0.0, 1.0), (2.0, 3.25)], "#000");
        let svg = svg.finish();
        assert_eq!(svg.matches("<polyline").count(), 1);
        assert!(svg.contains("0.0,1.0 2.0,3.2"), "{svg}");
    }
}
