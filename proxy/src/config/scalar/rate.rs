//! Rates: a whole number per second, minute, hour or day, such as `100/s`.

use std::time::Duration;

use schemars::{Schema, json_schema};
use supplex_engine::config;

use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;

const UNITS: [(&str, u32); 4] = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];
/// Faster ones could not be counted to the part in a thousand in nanoseconds.
const FASTEST_PER_SECOND: u64 = 1_000_000;
const HINT: &str = "write a number per s, m, h or d, as in `100/s` or `5000/h`";

/// A rate from 1 a day to 1000000 a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate(pub(crate) config::Rate);

impl Text for Rate {
    const WHAT: &'static str = "a rate such as \"100/s\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        let Some((number, unit)) = text.split_once('/') else {
            return Err(Refusal::new(format!("{} is not a rate", quote(text)), HINT));
        };
        let (number, unit) = (number.trim(), unit.trim());
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Refusal::new(format!("{} is not a whole number", quote(number)), HINT));
        }
        let Some((_, seconds)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            let hint = meant(unit).map_or(HINT.to_owned(), |unit| format!("did you mean `{number}/{unit}`?"));
            return Err(Refusal::new(format!("{} is not a unit of time", quote(unit)), hint));
        };
        if text.contains(char::is_whitespace) {
            let hint = format!("write `{number}/{unit}`");
            return Err(Refusal::new(format!("{} has spaces in it", quote(text)), hint));
        }
        match number.parse::<u32>() {
            Ok(0) => Err(Refusal::plain("must be at least 1; to let nothing through, leave the route out")),
            Ok(tokens) if u64::from(tokens) <= FASTEST_PER_SECOND * u64::from(*seconds) => {
                Ok(Self(config::Rate { tokens, period: Duration::from_secs((*seconds).into()) }))
            }
            _ => Err(Refusal::plain("must be at most 1000000/s")),
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string", "pattern": "^0*[1-9][0-9]*/(s|m|h|d)$", "examples": ["100/s", "600/m", "10000/d"],
        })
    }
}

/// The unit that a longer or capital spelling stands for.
fn meant(unit: &str) -> Option<&'static str> {
    let unit = unit.to_ascii_lowercase();
    let begins = |beginning: &&(&str, &str)| unit == beginning.1 || unit.starts_with(beginning.0);
    [("sec", "s"), ("min", "m"), ("hour", "h"), ("day", "d")].iter().find(begins).map(|(_, unit)| *unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(u32, u64), String> {
        let rate = Rate::parse(text).map_err(|refusal| refusal.message)?.0;
        Ok((rate.tokens, rate.period.as_secs()))
    }

    #[test]
    fn every_unit_counts() {
        assert_eq!(parse("100/s"), Ok((100, 1)));
        assert_eq!(parse("600/m"), Ok((600, 60)));
        assert_eq!(parse("5/h"), Ok((5, 3600)));
        assert_eq!(parse("1/d"), Ok((1, 86400)));
        assert_eq!(parse("1000000/s"), Ok((1_000_000, 1)));
    }

    #[test]
    fn everything_else_is_told_apart() {
        assert_eq!(parse("100"), Err("`100` is not a rate".into()));
        assert_eq!(parse("/s"), Err("`` is not a whole number".into()));
        assert_eq!(parse("1.5/s"), Err("`1.5` is not a whole number".into()));
        assert_eq!(parse("1/week"), Err("`week` is not a unit of time".into()));
        assert_eq!(parse("1 / s"), Err("`1 / s` has spaces in it".into()));
        assert_eq!(parse("0/s"), Err("must be at least 1; to let nothing through, leave the route out".into()));
        assert_eq!(parse("1000001/s"), Err("must be at most 1000000/s".into()));
        assert_eq!(parse("99999999999/d"), Err("must be at most 1000000/s".into()));
        let hint = |text| Rate::parse(text).expect_err(text).hint.unwrap_or_default();
        assert_eq!(hint("100/sec"), "did you mean `100/s`?");
        assert_eq!(hint("100/M"), "did you mean `100/m`?");
        assert_eq!(hint("1/week"), HINT);
    }
}
