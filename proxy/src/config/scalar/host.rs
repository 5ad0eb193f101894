//! Hosts: the pattern of a route's `match`, and what a DNS name is.

use std::net::Ipv6Addr;

use schemars::{Schema, json_schema};
use supplex_engine::route::HostPattern;

use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;

impl Text for HostPattern {
    const WHAT: &'static str = "a host such as \"shop.test\" or \"*.shop.test\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        let host = text.to_ascii_lowercase();
        if let Some(below) = host.strip_prefix("*.") {
            if is_dns_name(below) {
                return Ok(HostPattern::Below(format!(".{below}").into()));
            }
        } else if is_dns_name(&host) || is_ipv6_literal(&host) {
            return Ok(HostPattern::Exact(host.into()));
        }
        let without_port = host.rsplit_once(':').map(|(name, _)| name).filter(|name| is_dns_name(name));
        let hint = match without_port {
            Some(name) => format!("a host pattern has no port: write `{name}`"),
            None if host.contains('*') => "`*` stands for the first labels only, as in `*.shop.test`".to_owned(),
            None => "write a host name as in `shop.test`, or `*.shop.test` for every host below it".to_owned(),
        };
        Err(Refusal::new(format!("{} is not a host pattern", quote(text)), hint))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^((\\*\\.)?[A-Za-z0-9_.-]+|\\[[0-9A-Fa-f:.]+\\])$" })
    }
}

/// Labels of letters, digits, `-` and `_`, of 1 to 63 bytes each and 253 together.
#[must_use]
pub(crate) fn is_dns_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let label = |label: &str| {
        matches!(label.len(), 1..=63) && label.bytes().all(allowed) && !label.starts_with('-') && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

fn is_ipv6_literal(host: &str) -> bool {
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|inner| inner.parse::<Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_kept_in_lower_case() {
        assert_eq!(HostPattern::parse("Shop.Test"), Ok(HostPattern::Exact("shop.test".into())));
        assert_eq!(HostPattern::parse("*.Shop.Test"), Ok(HostPattern::Below(".shop.test".into())));
        assert_eq!(HostPattern::parse("127.0.0.1"), Ok(HostPattern::Exact("127.0.0.1".into())));
        assert_eq!(HostPattern::parse("[::1]"), Ok(HostPattern::Exact("[::1]".into())));
    }

    #[test]
    fn anything_else_is_refused_with_advice() {
        let hint = |text| HostPattern::parse(text).expect_err(text).hint.unwrap_or_default();
        assert_eq!(hint("shop.test:8080"), "a host pattern has no port: write `shop.test`");
        assert_eq!(hint("shop.*"), "`*` stands for the first labels only, as in `*.shop.test`");
        assert_eq!(hint("*"), "`*` stands for the first labels only, as in `*.shop.test`");
        for text in ["", ".", "a..b", "-a.test", "a b", &"a".repeat(64)] {
            assert!(HostPattern::parse(text).is_err(), "{text}");
        }
    }
}
