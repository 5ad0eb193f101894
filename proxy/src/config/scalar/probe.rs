//! What stands in a `health` table: the kind of a probe, status codes, a piece of a body.

use schemars::{Schema, json_schema};

use super::word::words;
use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;
use crate::config::suggest;

/// What a probe does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProbeKind {
    /// It asks for a path.
    Http,
    /// It connects.
    Tcp,
}

const KINDS: [(&str, ProbeKind); 2] = [("http", ProbeKind::Http), ("tcp", ProbeKind::Tcp)];
words!(ProbeKind, "\"http\" or \"tcp\"", "kind of probe", "known kinds", KINDS);

/// Status codes from the first to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StatusRange(pub(crate) u16, pub(crate) u16);

impl Text for StatusRange {
    const WHAT: &'static str = "status codes such as \"200-299\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        // Exactly three digits (RFC 9110 section 15), which keeps out signs as well.
        let code = |text: &str| {
            let digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<u16>().ok().filter(|code| digits && (100..=599).contains(code))
        };
        match (code(first), code(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Self(first, last)),
            (Some(first), Some(last)) => {
                let hint = format!("did you mean `{last}-{first}`?");
                Err(Refusal::new(format!("{} ends before it begins", quote(text)), hint))
            }
            _ => {
                let hint = "write one code from 100 to 599 or a range, as in `204` or `200-299`";
                Err(Refusal::new(format!("{} is not a range of status codes", quote(text)), hint))
            }
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[1-5][0-9]{2}(-[1-5][0-9]{2})?$", "examples": ["200-299", "204"] })
    }
}

/// Text that must occur in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BodyPart(pub(crate) Box<str>);

impl Text for BodyPart {
    const WHAT: &'static str = "a piece of text";

    fn parse(text: &str) -> Result<Self, Refusal> {
        match text.len() {
            0 => Err(Refusal::new("the text is empty", "every body has it; remove the key")),
            1..=1024 => Ok(Self(text.into())),
            _ => Err(Refusal::plain("must be at most 1024 bytes")),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 1024 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_codes_are_one_or_a_range() {
        assert_eq!(StatusRange::parse("204"), Ok(StatusRange(204, 204)));
        assert_eq!(StatusRange::parse("200-399"), Ok(StatusRange(200, 399)));
        let hint = |text| StatusRange::parse(text).expect_err(text).hint.unwrap_or_default();
        assert_eq!(hint("399-200"), "did you mean `200-399`?");
        for odd in ["", "2xx", "200-", "20", "600", "099", "+20", "200-300-400"] {
            assert!(hint(odd).contains("as in `204`"), "{odd}");
        }
    }

    #[test]
    fn kinds_and_bodies() {
        assert_eq!(ProbeKind::parse("tcp"), Ok(ProbeKind::Tcp));
        assert_eq!(ProbeKind::parse("htp").expect_err("typo").hint.as_deref(), Some("did you mean `http`?"));
        assert!(BodyPart::parse("").is_err() && BodyPart::parse(&"x".repeat(1025)).is_err());
    }
}
