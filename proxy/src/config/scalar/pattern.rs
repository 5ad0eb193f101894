//! Regular expressions over whole paths.

use schemars::{Schema, json_schema};
use supplex_engine::route::PathMatch;

use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;

/// A regular expression, compiled, that matches whole paths only.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(pub(crate) PathMatch);

impl Text for Pattern {
    const WHAT: &'static str = "a regular expression such as \"/items/[0-9]+\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        if text.is_empty() {
            return Err(Refusal::plain("an empty regular expression matches no path"));
        }
        PathMatch::regex(text).map(Self).map_err(|error| match error.syntax_error() {
            Some(error) => {
                // The library shows the expression over several lines and says what is wrong in the last.
                let whole = error.to_string();
                let reason = whole.lines().last().unwrap_or_default().trim_start_matches("error: ");
                Refusal::new(format!("{} is not a regular expression", quote(text)), reason)
            }
            None => Refusal::new(format!("{} cannot be compiled", quote(text)), error.to_string()),
        })
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "format": "regex", "minLength": 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_match_whole_paths() {
        let Pattern(path) = Pattern::parse("/a|/a/[0-9]+").expect("valid");
        for (text, matches) in [("/a", true), ("/a/12", true), ("/a/", false), ("/b/a", false), ("/a/1\n", false)] {
            assert_eq!(path.matches(text.as_bytes()), matches, "{text:?}");
        }
    }

    #[test]
    fn what_is_wrong_with_an_expression_is_told() {
        let refusal = Pattern::parse("/a(").expect_err("unclosed");
        assert_eq!(refusal.hint.as_deref(), Some("unclosed group"));
        assert!(Pattern::parse("a)|(b").is_err(), "what breaks out of the brackets around it is refused");
        assert!(Pattern::parse("").is_err());
        assert!(Pattern::parse("(?:(?:a{1000}){1000}){1000}").is_err(), "too large");
    }
}
