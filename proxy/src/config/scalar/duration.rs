//! Durations: whole numbers with a unit, such as `250ms`, `5s`, `2m` or `1h`. Never zero, at most a day.

use std::time;

use schemars::{Schema, json_schema};

use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;

const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
const LONGEST: u64 = 24 * 3_600_000;
const HINT: &str = "the units are ms, s, m and h, as in `250ms` or `5s`";

/// A duration from 1 ms to 24 h.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Duration(pub time::Duration);

impl Duration {
    /// A duration among the arguments of a command, written as in the configuration.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn argument(text: &str) -> Result<time::Duration, String> {
        let advised = |refusal: Refusal| match refusal.hint {
            Some(hint) => format!("{} ({hint})", refusal.message),
            None => refusal.message,
        };
        Self::parse(text).map(|Self(duration)| duration).map_err(advised)
    }
}

impl Text for Duration {
    const WHAT: &'static str = "a duration such as \"5s\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        if number.is_empty() {
            return Err(Refusal::new(format!("{} is not a duration", quote(text)), HINT));
        }
        if unit.is_empty() {
            return Err(Refusal::new(format!("{} has no unit", quote(text)), HINT));
        }
        if unit.starts_with('.') {
            return Err(Refusal::new(
                format!("{} is a fraction", quote(text)),
                "use a smaller unit, as in `1500ms` for one and a half seconds",
            ));
        }
        let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            let hint = meant(unit.trim()).map(|unit| format!("did you mean `{number}{unit}`?"));
            return Err(Refusal::new(
                format!("{} is not a unit of time", quote(unit.trim())),
                hint.unwrap_or(HINT.into()),
            ));
        };
        match number.parse::<u64>().ok().and_then(|number| number.checked_mul(*factor)) {
            Some(0) => Err(Refusal::plain("must be at least 1ms")),
            Some(millis) if millis <= LONGEST => Ok(Self(time::Duration::from_millis(millis))),
            _ => Err(Refusal::plain("must be at most 24h")),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^0*[1-9][0-9]*(ms|s|m|h)$", "examples": ["250ms", "5s", "2m"] })
    }
}

/// The unit that a longer or capital spelling stands for.
fn meant(unit: &str) -> Option<&'static str> {
    let unit = unit.to_ascii_lowercase();
    let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| unit.starts_with(beginning));
    match unit.as_str() {
        "ms" => Some("ms"),
        "s" => Some("s"),
        "m" => Some("m"),
        "h" => Some("h"),
        _ if begins(&["ms", "milli"]) => Some("ms"),
        _ if begins(&["sec"]) => Some("s"),
        _ if begins(&["min"]) => Some("m"),
        _ if begins(&["hour", "hr"]) => Some("h"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<u128, String> {
        Duration::parse(text).map(|duration| duration.0.as_millis()).map_err(|refusal| refusal.message)
    }

    #[test]
    fn every_unit_counts() {
        assert_eq!(parse("250ms"), Ok(250));
        assert_eq!(parse("5s"), Ok(5_000));
        assert_eq!(parse("2m"), Ok(120_000));
        assert_eq!(parse("24h"), Ok(86_400_000));
    }

    #[test]
    fn everything_else_is_told_apart() {
        assert_eq!(parse(""), Err("`` is not a duration".into()));
        assert_eq!(parse("5"), Err("`5` has no unit".into()));
        assert_eq!(parse("5 s"), Err("`s` is not a unit of time".into()));
        assert_eq!(parse("5sec"), Err("`sec` is not a unit of time".into()));
        assert_eq!(parse("1.5s"), Err("`1.5s` is a fraction".into()));
        assert_eq!(parse("-1s"), Err("`-1s` is not a duration".into()));
        assert_eq!(parse("0s"), Err("must be at least 1ms".into()));
        assert_eq!(parse("25h"), Err("must be at most 24h".into()));
        assert_eq!(parse("99999999999999999999999s"), Err("must be at most 24h".into()));
    }

    #[test]
    fn longer_spellings_are_led_to_the_unit() {
        let hint = |text| Duration::parse(text).expect_err(text).hint.unwrap_or_default();
        assert_eq!(hint("2 sec"), "did you mean `2s`?");
        assert_eq!(hint("3minutes"), "did you mean `3m`?");
        assert_eq!(hint("250msec"), "did you mean `250ms`?");
        assert_eq!(hint("1 S"), "did you mean `1s`?");
        assert_eq!(hint("5d"), HINT);
    }
}
