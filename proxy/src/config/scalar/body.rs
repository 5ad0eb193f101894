//! The text of a body that the gateway gives itself.

use schemars::{Schema, json_schema};

use crate::config::decode::{Refusal, Text};

/// It is written in one piece, so it is not a place for pages and pictures.
const MOST: usize = 32 * 1024;

/// Any text, as long as it is short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body(pub(crate) Box<str>);

impl Text for Body {
    const WHAT: &'static str = "the text of a body";

    fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() > MOST {
            return Err(Refusal::plain("a body given here has at most 32768 bytes"));
        }
        Ok(Self(text.into()))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "maxLength": MOST })
    }
}
