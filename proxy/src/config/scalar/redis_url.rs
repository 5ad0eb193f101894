//! Where a Redis is: `redis://[user:password@]host[:port][/database]`.

use std::fmt;

use schemars::{Schema, json_schema};

use super::host::is_dns_name;
use crate::config::decode::{Refusal, Text};

const HINT: &str = "write it as in `redis://127.0.0.1:6379/0`";

/// A Redis URL. It may hold a password, so it is never shown in a message or in debug output.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RedisUrl(pub(crate) Box<str>);

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisUrl(...)")
    }
}

impl Text for RedisUrl {
    const WHAT: &'static str = "a URL such as \"redis://127.0.0.1:6379/0\"";
    const SECRET: bool = true;

    fn parse(text: &str) -> Result<Self, Refusal> {
        let rest = match text.split_once("://") {
            Some(("redis", rest)) => rest,
            Some(("rediss", _)) => return Err(Refusal::new("TLS to Redis is not supported", HINT)),
            _ => return Err(Refusal::new("this is not the URL of a Redis", HINT)),
        };
        let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
        let (authority, database) = place.split_once('/').unwrap_or((place, ""));
        if !database.is_empty() && !database.parse::<u16>().is_ok_and(|number| number < 10_000) {
            return Err(Refusal::new("the database of the URL is not a number", HINT));
        }
        let (host, port) = match authority.rsplit_once(':') {
            // The colons of an IPv6 address are within brackets.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        if port.is_some_and(|port| !port.parse::<u16>().is_ok_and(|port| port > 0)) {
            return Err(Refusal::new("the port of the URL is not a number from 1 to 65535", HINT));
        }
        let literal = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let known = literal.map_or(is_dns_name(host), |inner| inner.parse::<std::net::Ipv6Addr>().is_ok());
        if !known {
            return Err(Refusal::new("the URL has no host", HINT));
        }
        Ok(Self(text.into()))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^redis://.+$", "examples": ["redis://127.0.0.1:6379/0"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_a_host_and_perhaps_more() {
        for good in [
            "redis://127.0.0.1",
            "redis://127.0.0.1:6379/0",
            "redis://cache.internal:6379",
            "redis://[::1]:6379/15",
            "redis://user:p%40ss@cache:6379/2",
            "redis://:p@ss/word@cache:6379",
        ] {
            assert!(RedisUrl::parse(good).is_ok(), "{good}");
        }
        for (bad, message) in [
            ("127.0.0.1:6379", "this is not the URL of a Redis"),
            ("rediss://cache", "TLS to Redis is not supported"),
            ("redis://", "the URL has no host"),
            ("redis://:6379", "the URL has no host"),
            ("redis://cache:0", "the port of the URL is not a number from 1 to 65535"),
            ("redis://cache/one", "the database of the URL is not a number"),
        ] {
            assert_eq!(RedisUrl::parse(bad).expect_err(bad).message, message);
        }
    }
}
