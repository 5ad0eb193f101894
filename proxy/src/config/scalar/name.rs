//! Names of listeners, routes and upstreams. They become labels of metrics and words of log lines.

use schemars::{Schema, json_schema};

use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;

const LONGEST: usize = 64;

/// Letters, digits, `_`, `-` and `.`, beginning with a letter or digit, at most 64.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Name(pub(crate) Box<str>);

impl Text for Name {
    const WHAT: &'static str = "a name";

    fn parse(text: &str) -> Result<Self, Refusal> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let begins_well = text.starts_with(|char: char| char.is_ascii_alphanumeric());
        if begins_well && text.len() <= LONGEST && text.bytes().all(allowed) {
            return Ok(Self(text.into()));
        }
        Err(Refusal::new(
            format!("{} is not a name", quote(text)),
            "names have 1 to 64 letters, digits, `_`, `-` and `.`, and begin with a letter or digit",
        ))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        for good in ["products", "a", "v1.2_x-y", "0"] {
            assert!(Name::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a b", "ä", "a/b", &"a".repeat(65)] {
            assert!(Name::parse(bad).is_err(), "{bad}");
        }
    }
}
