//! What a limit keeps buckets for, and the words of its other keys.

use schemars::{Schema, json_schema};
use supplex_engine::config::{KeySource, LimitMode, OnStoreError, Precision, Store};

use super::auth::ClaimName;
use super::part::Part;
use super::word::words;
use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;
use crate::config::suggest;

const KEY_HINT: &str = "known keys: client_ip, header:NAME, cookie:NAME, jwt:CLAIM, route, global";

impl Text for KeySource {
    const WHAT: &'static str = "a key such as \"client_ip\" or \"header:x-api-key\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        match text.split_once(':') {
            None => match text {
                "client_ip" => Ok(KeySource::ClientIp),
                "route" => Ok(KeySource::Route),
                "global" => Ok(KeySource::Global),
                _ => {
                    let near = suggest::nearest(text, ["client_ip", "route", "global"]);
                    let hint = near.map_or(KEY_HINT.to_owned(), |near| format!("did you mean `{near}`?"));
                    Err(Refusal::new(format!("unknown key of a limit {}", quote(text)), hint))
                }
            },
            Some(("jwt", name)) => ClaimName::parse(name).map(|ClaimName(name)| KeySource::Claim(name)),
            Some((kind, name)) => match Part::parse(kind, name) {
                Some(part) => part.map(|part| match part {
                    Part::Header(name) => KeySource::Header(name),
                    Part::Cookie(name) => KeySource::Cookie(name),
                }),
                None => Err(Refusal::new(format!("unknown key of a limit {}", quote(text)), KEY_HINT)),
            },
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^(client_ip|route|global|(header|cookie):[A-Za-z0-9!#$%&'*+.^_`|~-]+|jwt:[!-~]{1,128})$",
            "examples": ["client_ip", "header:x-api-key", "cookie:session", "jwt:sub", "route", "global"],
        })
    }
}

const STORES: [(&str, Store); 2] = [("redis", Store::Redis), ("local", Store::Local)];
words!(Store, "\"redis\" or \"local\"", "store", "known words", STORES);

const MODES: [(&str, LimitMode); 2] = [("enforce", LimitMode::Enforce), ("shadow", LimitMode::Shadow)];
words!(LimitMode, "\"enforce\" or \"shadow\"", "mode", "known words", MODES);

const PRECISIONS: [(&str, Precision); 2] = [("lease", Precision::Lease), ("exact", Precision::Exact)];
words!(Precision, "\"lease\" or \"exact\"", "precision", "known words", PRECISIONS);

const WAYS_OUT: [(&str, OnStoreError); 3] =
    [("local", OnStoreError::Local), ("open", OnStoreError::Open), ("closed", OnStoreError::Closed)];
words!(OnStoreError, "\"local\", \"open\" or \"closed\"", "way out", "known words", WAYS_OUT);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_written() {
        assert_eq!(KeySource::parse("client_ip"), Ok(KeySource::ClientIp));
        assert_eq!(KeySource::parse("header:X-Api-Key"), Ok(KeySource::Header("x-api-key".into())));
        assert_eq!(KeySource::parse("cookie:Sid"), Ok(KeySource::Cookie("Sid".into())));
        assert_eq!(KeySource::parse("route"), Ok(KeySource::Route));
        assert_eq!(KeySource::parse("global"), Ok(KeySource::Global));
        let refused = |text| KeySource::parse(text).expect_err(text);
        assert_eq!(KeySource::parse("jwt:https://a.test/b"), Ok(KeySource::Claim("https://a.test/b".into())));
        assert_eq!(refused("jwt:").message, "`` is not the name of a claim");
        assert_eq!(refused("clientip").hint.as_deref(), Some("did you mean `client_ip`?"));
        assert_eq!(refused("header:").message, "`` is not the name of a header field");
        assert_eq!(refused("query:a").hint.as_deref(), Some(KEY_HINT));
    }

    #[test]
    fn words_that_are_nearly_right_are_led_on() {
        assert_eq!(Precision::parse("exact"), Ok(Precision::Exact));
        assert_eq!(LimitMode::parse("shadow"), Ok(LimitMode::Shadow));
        assert_eq!(OnStoreError::parse("closed"), Ok(OnStoreError::Closed));
        assert_eq!(Store::parse("Redis").expect_err("capital").hint.as_deref(), Some("did you mean `redis`?"));
    }
}
