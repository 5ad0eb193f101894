//! Names and values of header fields (RFC 9110 sections 5.1 and 5.5).

use schemars::{Schema, json_schema};

use super::method::is_token;
use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;

/// What belongs to one connection or frames the message (RFC 9110 sections 7.2 and 7.6.1, RFC 9112 section 6): the
/// gateway decides about these by itself.
const RESERVED: [&str; 9] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A field name, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FieldName(pub(crate) Box<str>);

impl Text for FieldName {
    const WHAT: &'static str = "the name of a header field";

    fn parse(text: &str) -> Result<Self, Refusal> {
        if is_token(text) {
            return Ok(Self(text.to_ascii_lowercase().into()));
        }
        let message = format!("{} is not the name of a header field", quote(text));
        match text.trim().trim_end_matches(':') {
            bare if is_token(bare) => Err(Refusal::new(message, format!("did you mean `{bare}`?"))),
            _ => Err(Refusal::new(message, "names have letters, digits and `-`, as in `x-request-id`")),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" })
    }
}

/// The name of a field that a route may set or remove, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct EditableField(pub(crate) Box<str>);

impl Text for EditableField {
    const WHAT: &'static str = FieldName::WHAT;

    fn parse(text: &str) -> Result<Self, Refusal> {
        let FieldName(name) = FieldName::parse(text)?;
        if RESERVED.contains(&&*name) {
            return Err(Refusal::new(
                format!("{} cannot be edited", quote(text)),
                "it belongs to the connection or frames the message, and the gateway sets it by itself",
            ));
        }
        Ok(Self(name))
    }

    fn schema() -> Schema {
        FieldName::schema()
    }
}

/// A field value: visible characters with single spaces or tabs inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldValue(pub(crate) Box<str>);

impl Text for FieldValue {
    const WHAT: &'static str = "the value of a header field, as text";

    fn parse(text: &str) -> Result<Self, Refusal> {
        if text.chars().any(|char| char.is_control() && char != '\t') {
            return Err(Refusal::plain("a header field's value cannot hold control characters or line ends"));
        }
        if text.trim_matches([' ', '\t']) != text {
            return Err(Refusal::plain("a header field's value neither begins nor ends with white space"));
        }
        Ok(Self(text.into()))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[^\\u0000-\\u0008\\u000a-\\u001f\\u007f]*$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_tokens_in_any_case() {
        assert_eq!(FieldName::parse("X-Beta"), Ok(FieldName("x-beta".into())));
        let hint = |text| FieldName::parse(text).expect_err(text).hint.unwrap_or_default();
        assert_eq!(hint("X-Beta:"), "did you mean `X-Beta`?");
        assert!(hint("x beta").starts_with("names have"));
        assert!(FieldName::parse("").is_err());
    }

    #[test]
    fn what_frames_a_message_cannot_be_edited() {
        for name in RESERVED {
            assert!(EditableField::parse(name).is_err(), "{name}");
            assert!(EditableField::parse(&name.to_ascii_uppercase()).is_err(), "{name}");
            assert!(FieldName::parse(name).is_ok(), "{name}");
        }
        assert_eq!(EditableField::parse("Server"), Ok(EditableField("server".into())));
    }

    #[test]
    fn values_cannot_smuggle_lines() {
        assert_eq!(FieldValue::parse("a b\tc"), Ok(FieldValue("a b\tc".into())));
        for bad in ["a\r\nb", "a\0", "a\u{7f}", " a", "a "] {
            assert!(FieldValue::parse(bad).is_err(), "{bad:?}");
        }
    }
}
