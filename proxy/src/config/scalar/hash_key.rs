//! What requests are kept together by: `client_ip`, `path`, or the value of a header or cookie by name.

use schemars::{Schema, json_schema};
use supplex_engine::config::HashKey;

use super::part::Part;
use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;
use crate::config::suggest;

const FORMS: [&str; 4] = ["client_ip", "header:NAME", "cookie:NAME", "path"];

impl Text for HashKey {
    const WHAT: &'static str = "a key such as \"client_ip\" or \"cookie:NAME\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "client_ip" => return Ok(HashKey::ClientIp),
            "path" => return Ok(HashKey::Path),
            _ => {}
        }
        match text.split_once(':').and_then(|(kind, name)| Part::parse(kind, name)) {
            Some(part) => part.map(|part| match part {
                Part::Header(name) => HashKey::Header(name),
                Part::Cookie(name) => HashKey::Cookie(name),
            }),
            None => {
                let hint = suggest::hint(text, &FORMS, "known keys");
                Err(Refusal::new(format!("unknown key {}", quote(text)), hint))
            }
        }
    }

    fn schema() -> Schema {
        let pattern = "^(client_ip|path|(header|cookie):[A-Za-z0-9!#$%&'*+.^_`|~-]+)$";
        json_schema!({ "type": "string", "pattern": pattern, "examples": ["client_ip", "header:x-user-id"] })
    }
}

/// As in the configuration.
#[must_use]
pub(crate) fn hash_key_word(key: &HashKey) -> String {
    match key {
        HashKey::ClientIp => "client_ip".to_owned(),
        HashKey::Header(name) => format!("header:{name}"),
        HashKey::Cookie(name) => format!("cookie:{name}"),
        HashKey::Path => "path".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_shown_as_it_is_written() {
        for text in ["client_ip", "header:x-user", "cookie:Session", "path"] {
            assert_eq!(HashKey::parse(text).map(|key| hash_key_word(&key)).as_deref(), Ok(text));
        }
        assert_eq!(HashKey::parse("header:X-User"), Ok(HashKey::Header("x-user".into())), "fields have no case");
    }

    #[test]
    fn other_forms_are_refused_with_advice() {
        let refusal = |text| HashKey::parse(text).expect_err(text);
        assert_eq!(refusal("client-ip").hint.as_deref(), Some("did you mean `client_ip`?"));
        assert_eq!(refusal("header:a b").message, "`a b` is not the name of a header field");
        assert_eq!(refusal("cookie:").message, "`` is not the name of a cookie");
        assert_eq!(refusal("header").message, "unknown key `header`");
    }
}
