//! Where things are in the picture: from seconds and values to points. Draws the frame of a chart and its scale.

use super::svg::Svg;

pub(super) const GREY: &str = "#666666";
const FAINT: &str = "#dddddd";

/// One chart among those that stand below each other, all over the same time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chart {
    /// Left edge, and width.
    pub(super) x: (f64, f64),
    /// Upper edge, and height.
    pub(super) y: (f64, f64),
    /// Seconds from edge to edge.
    pub(super) seconds: f64,
    /// The value at the upper edge.
    pub(super) most: f64,
    /// Whether values are shown by their order of magnitude, from a tenth on.
    pub(super) logarithmic: bool,
}

/// The least value of a logarithmic scale.
const LEAST: f64 = 0.1;

impl Chart {
    /// Where a moment is.
    pub(super) fn at(&self, second: f64) -> f64 {
        self.x.0 + self.x.1 * (second / self.seconds.max(1e-9)).clamp(0.0, 1.0)
    }

    /// Where a value is.
    pub(super) fn level(&self, value: f64) -> f64 {
        let share = if self.logarithmic {
            (value.max(LEAST) / LEAST).ln() / (self.most.max(LEAST * 2.0) / LEAST).ln()
        } else {
            value / self.most.max(1e-9)
        };
        self.y.0 + self.y.1 * (1.0 - share.clamp(0.0, 1.0))
    }

    /// The frame, the title and the scale.
    pub(super) fn frame(&self, svg: &mut Svg, title: &str) {
        let (left, right) = (self.x.0, self.x.0 + self.x.1);
        for mark in self.marks() {
            let level = self.level(mark);
            svg.line((left, level), (right, level), FAINT, "");
            svg.text((left - 6.0, level + 4.0), &crate::verdict::number(mark), GREY, true);
        }
        svg.text((left, self.y.0 - 6.0), title, "#000000", false);
    }

    /// Seconds, below the last chart.
    pub(super) fn clock(&self, svg: &mut Svg) {
        let step = [5.0, 10.0, 20.0, 30.0, 60.0, 300.0].into_iter().find(|step| self.seconds / step <= 16.0);
        let step = step.unwrap_or(1800.0);
        let mut second = 0.0;
        while second <= self.seconds {
            svg.text((self.at(second), self.y.0 + self.y.1 + 14.0), &format!("{second:.0} s"), GREY, false);
            second += step;
        }
    }

    fn marks(&self) -> Vec<f64> {
        if self.logarithmic {
            return (0..7).map(|power| LEAST * 10_f64.powi(power)).filter(|mark| *mark <= self.most).collect();
        }
        vec![0.0, self.most / 2.0, self.most]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHART: Chart = Chart { x: (100.0, 1000.0), y: (50.0, 200.0), seconds: 10.0, most: 400.0, logarithmic: false };

    #[test]
    fn edges_are_where_they_should_be() {
        assert_eq!((CHART.at(0.0), CHART.at(10.0), CHART.at(99.0)), (100.0, 1100.0, 1100.0));
        assert_eq!((CHART.level(0.0), CHART.level(400.0), CHART.level(1e9)), (250.0, 50.0, 50.0));
    }

    #[test]
    fn orders_of_magnitude_are_equally_high() {
        let chart = Chart { most: 1000.0, logarithmic: true, ..CHART };
        let steps: Vec<_> = [0.1, 1.0, 10.0, 100.0, 1000.0]
            .windows(2)
            .map(|pair| chart.level(pair[0]) - chart.level(pair[1]))
            .collect();
        assert!(steps.iter().all(|step| (step - 50.0).abs() < 1e-6), "{steps:?}");
        assert_eq!(chart.marks().len(), 5);
    }
}
