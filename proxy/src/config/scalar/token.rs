//! The admin endpoint's bearer token.

use std::fmt;

use schemars::{Schema, json_schema};

use crate::config::decode::{Refusal, Text};

/// A bearer token (RFC 6750 section 2.1). Never shown in a message or in debug output.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct AdminToken(pub(crate) Box<str>);

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(...)")
    }
}

impl Text for AdminToken {
    const WHAT: &'static str = "a token";

    fn parse(text: &str) -> Result<Self, Refusal> {
        let body = text.trim_end_matches('=');
        let allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
        if !body.is_empty() && text.len() <= 256 && body.bytes().all(allowed) {
            return Ok(Self(text.into()));
        }
        Err(Refusal::new(
            "not a bearer token",
            "tokens have 1 to 256 letters, digits and `-._~+/`; `openssl rand -hex 16` makes a good one",
        ))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "maxLength": 256, "pattern": "^[A-Za-z0-9._~+/-]+=*$" })
    }
}
