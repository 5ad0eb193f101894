//! Numbers for people. What is not known is a dash.

/// What is not known.
pub(super) const UNKNOWN: &str = "-";

/// A whole number with separators.
pub(super) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Per second; with a tenth while that says something.
pub(super) fn rate(value: Option<f64>) -> String {
    match value {
        None => UNKNOWN.to_owned(),
        Some(value) if value < 99.95 && value > 0.0 => format!("{value:.1}"),
        Some(value) => count(value.round().max(0.0) as u64),
    }
}

/// A share from 0 to 1.
pub(super) fn share(value: f64) -> String {
    format!("{:.0} %", value * 100.0)
}

/// Microseconds, in the unit that suits them.
pub(super) fn micros(value: Option<f64>) -> String {
    match value {
        None => UNKNOWN.to_owned(),
        Some(micros) if micros < 1e3 => format!("{micros:.0}us"),
        Some(micros) if micros < 1e4 => format!("{:.2}ms", micros / 1e3),
        Some(micros) if micros < 1e5 => format!("{:.1}ms", micros / 1e3),
        Some(micros) if micros < 1e6 => format!("{:.0}ms", micros / 1e3),
        Some(micros) => format!("{:.2}s", micros / 1e6),
    }
}

/// A length of time in seconds, roughly.
pub(super) fn span(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 100.0 => format!("{seconds:.0} s"),
        seconds if seconds < 6_000.0 => format!("{:.0} min", seconds / 60.0),
        seconds if seconds < 172_800.0 => format!("{:.0} h", seconds / 3_600.0),
        seconds => format!("{:.0} days", seconds / 86_400.0),
    }
}

/// A line of blocks, each as high as its value is beside the largest.
pub(super) fn blocks<'a>(values: impl Iterator<Item = &'a f64> + Clone) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = values.clone().fold(0.0_f64, |most, value| most.max(*value));
    let block = |value: &f64| {
        let height = if most > 0.0 { (value / most * 7.0).round() as usize } else { 0 };
        BLOCKS.get(height).copied().unwrap_or(' ')
    };
    values.map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        let rates = [None, Some(0.0), Some(0.25), Some(99.96), Some(1_234.5)].map(rate);
        assert_eq!(rates, ["-", "0", "0.2", "100", "1,235"]);
        let latencies = [None, Some(7.0), Some(1_500.0), Some(15_000.0), Some(150_000.0), Some(2.5e6)].map(micros);
        assert_eq!(latencies, ["-", "7us", "1.50ms", "15.0ms", "150ms", "2.50s"]);
        assert_eq!([59.0, 600.0, 7_200.0, 200_000.0].map(span), ["59 s", "10 min", "2 h", "2 days"]);
        assert_eq!(share(0.333), "33 %");
        assert_eq!(blocks([0.0, 5.0, 10.0].iter()), "▁▅█");
        assert_eq!(blocks([0.0].iter()), "▁");
    }
}
