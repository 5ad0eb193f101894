//! The parts of a request that have a name and can make a key: `header:NAME` and `cookie:NAME`.
//!
//! What else a key may be differs: `limit.rs` and `hash_key.rs` have the rest.

use super::field::FieldName;
use super::method::is_token;
use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;

/// A part of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A header field; the name is in lower case.
    Header(Box<str>),
    /// A cookie, whose name has a case.
    Cookie(Box<str>),
}

impl Part {
    /// Reads a name of this kind; `None` when the kind is neither.
    pub(super) fn parse(kind: &str, name: &str) -> Option<Result<Self, Refusal>> {
        match kind {
            "header" => Some(FieldName::parse(name).map(|FieldName(name)| Self::Header(name))),
            "cookie" => Some(cookie(name)),
            _ => None,
        }
    }
}

/// The name of a cookie is a token as well (RFC 6265 section 4.1.1).
fn cookie(name: &str) -> Result<Part, Refusal> {
    if is_token(name) {
        return Ok(Part::Cookie(name.into()));
    }
    let message = format!("{} is not the name of a cookie", quote(name));
    Err(Refusal::new(message, "names have letters, digits, `-` and `_`, as in `session_id`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_no_case_and_cookies_do() {
        assert_eq!(Part::parse("header", "X-User"), Some(Ok(Part::Header("x-user".into()))));
        assert_eq!(Part::parse("cookie", "Sid"), Some(Ok(Part::Cookie("Sid".into()))));
        assert_eq!(Part::parse("query", "a"), None);
    }

    #[test]
    fn what_is_no_name_is_refused_with_advice() {
        let refusal = |kind, name| Part::parse(kind, name).expect("a kind").expect_err(name);
        assert_eq!(refusal("header", "a b").message, "`a b` is not the name of a header field");
        assert_eq!(refusal("header", "x-user:").hint.as_deref(), Some("did you mean `x-user`?"));
        assert_eq!(refusal("cookie", "").message, "`` is not the name of a cookie");
    }
}
