//! Verdicts: what was promised, what was measured, and whether it holds. A figure that falls short is shown like any other.

use serde::Serialize;

/// A promise and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What it is about.
    pub what: String,
    /// What must hold.
    pub bar: String,
    /// What was seen.
    pub measured: String,
    /// Whether it held.
    pub holds: bool,
}

impl Verdict {
    /// Any.
    pub fn new(what: impl Into<String>, bar: impl Into<String>, measured: impl Into<String>, holds: bool) -> Self {
        Self { what: what.into(), bar: bar.into(), measured: measured.into(), holds }
    }

    /// A number that must not exceed another. Not to know it is a failure.
    pub fn at_most(what: impl Into<String>, unit: &str, bar: f64, measured: Option<f64>) -> Self {
        let holds = measured.is_some_and(|measured| measured <= bar);
        Self::new(what, format!("at most {}{unit}", number(bar)), known(measured, unit), holds)
    }

    /// A number that must lie between two others.
    pub fn between(what: impl Into<String>, unit: &str, (low, high): (f64, f64), measured: Option<f64>) -> Self {
        let holds = measured.is_some_and(|measured| (low..=high).contains(&measured));
        let bar = format!("{}{unit} to {}{unit}", number(low), number(high));
        Self::new(what, bar, known(measured, unit), holds)
    }

    /// A count that must be exactly this.
    pub fn exactly(what: impl Into<String>, bar: u64, measured: Option<u64>) -> Self {
        let said = measured.map_or_else(|| "not seen".to_owned(), |measured| measured.to_string());
        Self::new(what, format!("exactly {bar}"), said, measured == Some(bar))
    }

    /// A latency before and during something, each the median of the p99 of several windows.
    pub fn ratio(what: impl Into<String>, most: f64, before: Option<f64>, during: Option<f64>) -> Self {
        let bar = format!("p99 at most {} x of before", number(most));
        match (before, during) {
            (Some(before), Some(during)) if before > 0.0 => {
                let ratio = during / before;
                let said = format!("{} x ({before:.2} ms, then {during:.2} ms)", number(ratio));
                Self::new(what, bar, said, ratio <= most)
            }
            _ => Self::new(what, bar, "too few requests were answered", false),
        }
    }
}

fn known(value: Option<f64>, unit: &str) -> String {
    value.map_or_else(|| "not seen".to_owned(), |value| format!("{}{unit}", number(value)))
}

/// A number with as many digits as say something.
#[must_use]
pub fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_seen_never_holds() {
        assert!(!Verdict::at_most("x", " ms", 1.0, None).holds);
        assert!(!Verdict::between("x", " ms", (0.0, 1.0), None).holds);
        assert!(!Verdict::exactly("x", 0, None).holds);
        assert!(!Verdict::ratio("x", 2.0, None, Some(1.0)).holds);
        assert!(!Verdict::ratio("x", 2.0, Some(0.0), Some(1.0)).holds);
    }

    #[test]
    fn the_bar_itself_holds_and_what_is_above_does_not() {
        assert!(Verdict::at_most("x", " ms", 500.0, Some(500.0)).holds);
        assert!(!Verdict::at_most("x", " ms", 500.0, Some(500.1)).holds);
        assert!(Verdict::between("x", " s", (3.0, 3.3), Some(3.3)).holds);
        assert!(!Verdict::between("x", " s", (3.0, 3.3), Some(2.9)).holds);
        assert!(Verdict::exactly("x", 3, Some(3)).holds && !Verdict::exactly("x", 3, Some(4)).holds);
    }

    #[test]
    fn a_ratio_shows_both_sides() {
        let verdict = Verdict::ratio("products", 1.2, Some(2.0), Some(2.5));
        assert!(!verdict.holds);
        assert_eq!(verdict.measured, "1.25 x (2.00 ms, then 2.50 ms)");
        assert_eq!(verdict.bar, "p99 at most 1.2 x of before");
    }

    #[test]
    fn numbers_have_no_idle_digits() {
        let said: Vec<_> = [0.0, 1.0, 1.25, 12.34, 123.4, 3000.0].map(number).into();
        assert_eq!(said, ["0", "1", "1.25", "12.3", "123", "3000"]);
    }
}
