//! Request methods of a route's `match` (RFC 9110 section 9.1: tokens, and case matters).

use schemars::{Schema, json_schema};
use supplex_engine::http1::Method;

use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;

/// A method token that the gateway forwards.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MethodToken(pub(crate) Box<str>);

impl Text for MethodToken {
    const WHAT: &'static str = "a method such as \"GET\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        if !is_token(text) {
            return Err(Refusal::new(format!("{} is not a method", quote(text)), "write it as in `GET`"));
        }
        let upper = text.to_ascii_uppercase();
        match Method::from_token(upper.as_bytes()) {
            Method::Connect | Method::Trace => {
                Err(Refusal::plain(format!("{} is never forwarded, so no route can match it", quote(&upper))))
            }
            Method::Extension => Ok(Self(text.into())),
            _ if upper != text => Err(Refusal::new(
                format!("{} is not a method: methods have upper-case letters", quote(text)),
                format!("did you mean `{upper}`?"),
            )),
            _ => Ok(Self(text.into())),
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
            "not": { "enum": ["CONNECT", "TRACE"] },
            "examples": ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"],
        })
    }
}

/// Whether `text` is a token (RFC 9110 section 5.6.2).
#[must_use]
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_tokens_and_some_are_never_forwarded() {
        assert_eq!(MethodToken::parse("GET"), Ok(MethodToken("GET".into())));
        assert_eq!(MethodToken::parse("PURGE"), Ok(MethodToken("PURGE".into())));
        let hint = MethodToken::parse("get").expect_err("case matters").hint;
        assert_eq!(hint.as_deref(), Some("did you mean `GET`?"));
        for bad in ["", "G ET", "CONNECT", "TRACE", "trace"] {
            assert!(MethodToken::parse(bad).is_err(), "{bad}");
        }
    }
}
