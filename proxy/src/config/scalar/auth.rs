//! What tokens are checked with: where keys are, algorithms, and what claims are called and say.

use schemars::{Schema, json_schema};
use supplex_engine::config::{Algorithm, Jwks};

use super::http_url::HttpUrl;
use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;
use crate::config::suggest;

const HINT: &str = "write the path of a file, or a URL as in `http://127.0.0.1:7101/.well-known/jwks.json`";

impl Text for Jwks {
    const WHAT: &'static str = "the path of a file or a URL such as \"http://127.0.0.1:7101/.well-known/jwks.json\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        match text.split_once("://") {
            Some(("http", rest)) => parse_url(rest).ok_or_else(|| Refusal::new("this is not a URL of a key set", HINT)),
            Some(("https", _)) => Err(Refusal::new(
                "keys cannot be fetched over TLS",
                "use `http://` to a service of your own network, or a file that something else keeps current",
            )),
            Some(_) => Err(Refusal::new(format!("{} is of an unknown kind", quote(text)), HINT)),
            None if text.is_empty() => Err(Refusal::new("the path is empty", HINT)),
            None if text.contains('\0') => Err(Refusal::plain("a path cannot hold a NUL")),
            None if text.ends_with('/') => Err(Refusal::plain("this is a folder, not a file")),
            None => Ok(Jwks::File(text.into())),
        }
    }

    fn schema() -> Schema {
        let examples = ["http://127.0.0.1:7101/.well-known/jwks.json", "/etc/supplex/jwks.json"];
        json_schema!({ "type": "string", "minLength": 1, "examples": examples })
    }
}

/// What follows `http://`.
fn parse_url(rest: &str) -> Option<Jwks> {
    let HttpUrl { authority, host, port, target } = HttpUrl::parse(rest)?;
    Some(Jwks::Http { authority, host, port, target })
}

impl Text for Algorithm {
    const WHAT: &'static str = "the name of an algorithm such as \"EdDSA\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        if let Some(algorithm) = Algorithm::named(text) {
            return Ok(algorithm);
        }
        if text.eq_ignore_ascii_case("none") {
            return Err(Refusal::plain("a token without a signature is never believed"));
        }
        if text.starts_with("HS") {
            let hint = "use an algorithm with a public key, such as `EdDSA`";
            return Err(Refusal::new("whoever can check a token with a shared secret can also make one", hint));
        }
        let hint = suggest::hint(text, &Algorithm::WORDS.map(|(word, _)| word), "known algorithms");
        Err(Refusal::new(format!("unknown algorithm {}", quote(text)), hint))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "enum": Algorithm::WORDS.map(|(word, _)| word) })
    }
}

/// The name of a claim: 1 to 128 visible characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClaimName(pub(crate) Box<str>);

impl Text for ClaimName {
    const WHAT: &'static str = "the name of a claim such as \"sub\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        if matches!(text.len(), 1..=128) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(text.into()));
        }
        let message = format!("{} is not the name of a claim", quote(text));
        Err(Refusal::new(message, "names have 1 to 128 visible characters, as in `sub`"))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[!-~]{1,128}$" })
    }
}

/// What a claim must be: 1 to 256 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClaimText(pub(crate) Box<str>);

impl Text for ClaimText {
    const WHAT: &'static str = "text";

    fn parse(text: &str) -> Result<Self, Refusal> {
        match text.chars().count() {
            0 => Err(Refusal::plain("must not be empty")),
            1..=256 if !text.contains(char::is_control) => Ok(Self(text.into())),
            1..=256 => Err(Refusal::plain("cannot hold control characters")),
            _ => Err(Refusal::plain("must have at most 256 characters")),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 256 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_a_file_or_at_a_plain_url() {
        assert_eq!(Jwks::parse("/etc/jwks.json"), Ok(Jwks::File("/etc/jwks.json".into())));
        let http = |text: &str| match Jwks::parse(text) {
            Ok(Jwks::Http { authority, host, port, target }) => format!("{authority} {host} {port} {target}"),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(http("http://127.0.0.1:7101/a?b=c"), "127.0.0.1:7101 127.0.0.1 7101 /a?b=c");
        assert_eq!(http("http://users.internal"), "users.internal users.internal 80 /");
        assert_eq!(http("http://[::1]:80/a"), "[::1]:80 ::1 80 /a");
        let refused = |text: &str| Jwks::parse(text).expect_err(text);
        assert_eq!(refused("https://a/b").message, "keys cannot be fetched over TLS");
        for bad in [
            "",
            "http://",
            "http://:80/",
            "http://a:0/",
            "http://u:p@a/",
            "http://a/b c",
            "http://a/#x",
            "ftp://a",
            "a/",
        ] {
            refused(bad);
        }
    }

    #[test]
    fn only_public_keys_can_be_asked_for() {
        assert_eq!(Algorithm::parse("EdDSA"), Ok(Algorithm::EdDsa));
        let refused = |text: &str| Algorithm::parse(text).expect_err(text);
        assert!(refused("none").message.contains("without a signature"));
        assert!(refused("HS256").message.contains("shared secret"));
        assert_eq!(refused("eddsa").hint.as_deref(), Some("did you mean `EdDSA`?"));
    }

    #[test]
    fn claims_have_short_names() {
        assert!(ClaimName::parse("https://shop.test/tenant").is_ok());
        for bad in ["", "a b", &"a".repeat(129)] {
            assert!(ClaimName::parse(bad).is_err(), "{bad}");
        }
        assert!(ClaimText::parse("").is_err() && ClaimText::parse("supplex users").is_ok());
    }
}
