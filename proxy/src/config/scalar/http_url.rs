//! URLs of plain HTTP, taken apart: where the gateway's own calls go.

use schemars::{Schema, json_schema};
use supplex_engine::config::Collector;

use super::host::is_dns_name;
use crate::config::decode::{Refusal, Text};

/// What stands in a URL behind `http://`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HttpUrl {
    /// Host and port as written.
    pub(super) authority: Box<str>,
    /// The host, an IPv6 address without its brackets.
    pub(super) host: Box<str>,
    /// The port; 80 when none is written.
    pub(super) port: u16,
    /// Path and query; `/` when there is none.
    pub(super) target: Box<str>,
}

impl HttpUrl {
    /// Takes apart what follows `http://`; `None` when it is no URL that can be called.
    pub(super) fn parse(rest: &str) -> Option<Self> {
        let start = rest.find('/').unwrap_or(rest.len());
        let (authority, target) = rest.split_at(start);
        let (host, port) = match authority.rsplit_once(':') {
            // The colons of an IPv6 address are within brackets.
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok().filter(|port| *port > 0)?),
            _ => (authority, 80),
        };
        let literal = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let known = literal.map_or(is_dns_name(host), |inner| inner.parse::<std::net::Ipv6Addr>().is_ok());
        // RFC 3986 section 3.3, without what would end the target: white space and fragments.
        let sound = target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        let target = if target.is_empty() { "/" } else { target };
        (known && sound).then(|| Self {
            authority: authority.into(),
            host: literal.unwrap_or(host).into(),
            port,
            target: target.into(),
        })
    }
}

const HINT: &str = "write it as in `http://127.0.0.1:4318`";

/// Where spans are posted to, below what is written unless that says it already (OTLP 1.x, "OTLP/HTTP Request").
const TRACES: &str = "/v1/traces";

impl Text for Collector {
    const WHAT: &'static str = "a URL such as \"http://127.0.0.1:4318\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        let rest = match text.split_once("://") {
            Some(("http", rest)) => rest,
            Some(("https", _)) => {
                let hint = "use `http://` to a collector of your own network, and have that go on over TLS";
                return Err(Refusal::new("spans cannot be sent over TLS", hint));
            }
            _ => return Err(Refusal::new("this is not the URL of a collector", HINT)),
        };
        let HttpUrl { authority, host, port, target } =
            HttpUrl::parse(rest).ok_or_else(|| Refusal::new("this is not the URL of a collector", HINT))?;
        if target.contains('?') {
            return Err(Refusal::new("the URL of a collector has no query", HINT));
        }
        let base = target.trim_end_matches('/');
        let target = if base.ends_with(TRACES) { base.to_owned() } else { format!("{base}{TRACES}") };
        Ok(Self { authority, host, port, target: target.into() })
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^http://[^?#\\s]+$", "examples": ["http://127.0.0.1:4318"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_go_below_what_is_written() {
        let read = |text: &str| {
            let collector = Collector::parse(text).expect(text);
            (collector.url(), collector.host.to_string(), collector.port)
        };
        let expected = |url: &str, host: &str, port| (url.to_owned(), host.to_owned(), port);
        let local = expected("http://127.0.0.1:4318/v1/traces", "127.0.0.1", 4318);
        for same in ["http://127.0.0.1:4318", "http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces"] {
            assert_eq!(read(same), local);
        }
        assert_eq!(read("http://jaeger/otlp/"), expected("http://jaeger/otlp/v1/traces", "jaeger", 80));
        assert_eq!(read("http://[::1]:9"), expected("http://[::1]:9/v1/traces", "::1", 9));
    }

    #[test]
    fn what_cannot_be_called_is_refused() {
        let said = |text: &str| Collector::parse(text).expect_err(text).message;
        assert_eq!(said("https://collector"), "spans cannot be sent over TLS");
        assert_eq!(said("http://collector/x?y"), "the URL of a collector has no query");
        for odd in
            ["", "127.0.0.1:4318", "grpc://a:1", "http://", "http://a:0", "http://a b", "http://u:p@a", "http://a/#b"]
        {
            assert_eq!(said(odd), "this is not the URL of a collector", "{odd}");
        }
    }
}
