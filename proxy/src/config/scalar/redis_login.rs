//! Who the gateway is to a Redis, and the name of a master.

use std::fmt;

use schemars::{Schema, json_schema};

use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;

const LONGEST: usize = 512;

/// The name of a user or of a master: printable ASCII without spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RedisWord(pub(crate) Box<str>);

impl Text for RedisWord {
    const WHAT: &'static str = "a name";

    fn parse(text: &str) -> Result<Self, Refusal> {
        if matches!(text.len(), 1..=LONGEST) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(text.into()));
        }
        let hint = format!("names in Redis have 1 to {LONGEST} visible ASCII characters and no spaces");
        Err(Refusal::new(format!("{} is not a name", quote(text)), hint))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[!-~]{1,512}$" })
    }
}

/// A password. Never shown in a message or in debug output.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RedisPassword(pub(crate) Box<str>);

impl fmt::Debug for RedisPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisPassword(...)")
    }
}

impl Text for RedisPassword {
    const WHAT: &'static str = "a password, as text";
    const SECRET: bool = true;

    fn parse(text: &str) -> Result<Self, Refusal> {
        match text.len() {
            1..=LONGEST => Ok(Self(text.into())),
            0 => Err(Refusal::new("the password is empty", "leave the key out when there is none")),
            _ => Err(Refusal::plain(format!("a password has at most {LONGEST} bytes"))),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": LONGEST })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_visible_and_passwords_are_not() {
        assert!(RedisWord::parse("mymaster").is_ok());
        for bad in ["", "my master", "m\u{e4}ster", &"a".repeat(513)] {
            assert!(RedisWord::parse(bad).is_err(), "{bad}");
        }
        assert!(RedisPassword::parse("p@ss word").is_ok());
        assert!(RedisPassword::parse("").is_err());
        assert!(!format!("{:?}", RedisPassword("secret".into())).contains("secret"));
    }
}
