//! Sizes in bytes: whole numbers with a binary unit, such as `512B`, `16KiB` or `10MiB`.

use schemars::{Schema, json_schema};

use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;

const UNITS: [(&str, u64); 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];
const HINT: &str = "the units are B, KiB, MiB and GiB, as in `16KiB`";

/// A number of bytes from `LEAST` to `MOST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size<const LEAST: u64, const MOST: u64>(pub u64);

impl<const LEAST: u64, const MOST: u64> Text for Size<LEAST, MOST> {
    const WHAT: &'static str = "a size such as \"16KiB\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        if number.is_empty() {
            return Err(Refusal::new(format!("{} is not a size", quote(text)), HINT));
        }
        if unit.is_empty() {
            return Err(Refusal::new(format!("{} has no unit", quote(text)), HINT));
        }
        let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            // `16KB`, `16kb` and `16k` all mean a unit that exists.
            let meant = UNITS.iter().skip(1).find(|(name, _)| {
                let letter = &name[..1];
                unit.eq_ignore_ascii_case(letter)
                    || unit.eq_ignore_ascii_case(&format!("{letter}B"))
                    || unit.eq_ignore_ascii_case(name)
            });
            let hint = match meant {
                Some((name, _)) => format!("did you mean `{number}{name}`?"),
                None => HINT.to_owned(),
            };
            return Err(Refusal::new(format!("{} is not a unit of size", quote(unit)), hint));
        };
        match number.parse::<u64>().ok().and_then(|number| number.checked_mul(*factor)) {
            Some(bytes) if bytes < LEAST => Err(Refusal::plain(format!("must be at least {}", written(LEAST)))),
            Some(bytes) if bytes <= MOST => Ok(Self(bytes)),
            _ => Err(Refusal::plain(format!("must be at most {}", written(MOST)))),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB)$", "examples": ["16KiB", "10MiB"] })
    }
}

/// A number of bytes in the largest unit that divides it.
fn written(bytes: u64) -> String {
    let (name, factor) = UNITS.iter().rev().find(|(_, factor)| bytes.is_multiple_of(*factor)).unwrap_or(&UNITS[0]);
    format!("{}{name}", bytes / factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<u64, (String, Option<String>)> {
        Size::<1024, 64512>::parse(text).map(|size| size.0).map_err(|refusal| (refusal.message, refusal.hint))
    }

    #[test]
    fn every_unit_counts() {
        assert_eq!(parse("2048B"), Ok(2048));
        assert_eq!(parse("16KiB"), Ok(16 << 10));
        assert_eq!(Size::<0, { u64::MAX }>::parse("10MiB").map(|size| size.0), Ok(10 << 20));
        assert_eq!(Size::<0, { u64::MAX }>::parse("2GiB").map(|size| size.0), Ok(2 << 30));
    }

    #[test]
    fn the_decimal_spelling_is_led_to_the_binary_one() {
        for text in ["16KB", "16kb", "16k", "16kib"] {
            let (_, hint) = parse(text).expect_err(text);
            assert_eq!(hint.as_deref(), Some("did you mean `16KiB`?"), "{text}");
        }
        assert_eq!(parse("16").expect_err("no unit").0, "`16` has no unit");
    }

    #[test]
    fn the_range_is_told_in_the_units_of_people() {
        assert_eq!(parse("1B").expect_err("small").0, "must be at least 1KiB");
        assert_eq!(parse("64KiB").expect_err("large").0, "must be at most 63KiB");
        assert_eq!(parse("99999999999999999999B").expect_err("overflow").0, "must be at most 63KiB");
    }
}
