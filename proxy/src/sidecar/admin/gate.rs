//! Who is let in to the admin endpoint.
//!
//! With a token: whoever has it. Without one the endpoint is on a loopback address and lets in every process of this host,
//! but not the web pages that a browser on it shows: a page can make the browser send requests here, either across
//! origins or by a DNS name that it has resolve to 127.0.0.1. Both give themselves away by `Origin` and `Host`.
//!
//! The files of the dashboard are the same for everybody and are handed out without the token (`dispatch.rs`); what they show
//! is not, and the page has to send the token like anybody else.

use std::hint::black_box;
use std::net::IpAddr;

use hyper::header::{AUTHORIZATION, HOST, HeaderMap, ORIGIN};

/// Why a request is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stranger {
    /// It does not have the token.
    NoToken,
    /// It asks by a name that anybody's DNS server could have made up.
    ForeignName,
    /// It would change something, and a page of another origin sent it.
    ForeignPage,
}

/// Lets a request pass, or says why not. `changes` is whether it would change anything.
pub(super) fn check(token: Option<&str>, headers: &HeaderMap, changes: bool) -> Result<(), Stranger> {
    if let Some(token) = token {
        return if has_token(headers, token) { Ok(()) } else { Err(Stranger::NoToken) };
    }
    let host = headers.get(HOST).map(|host| host.to_str().unwrap_or("?"));
    if host.is_some_and(|host| !is_literal(host)) {
        return Err(Stranger::ForeignName);
    }
    let origin = headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or("?"));
    let same = |origin: &str| origin.strip_prefix("http://") == host;
    if changes && origin.is_some_and(|origin| !same(origin)) {
        return Err(Stranger::ForeignPage);
    }
    Ok(())
}

fn has_token(headers: &HeaderMap, token: &str) -> bool {
    let Some(value) = headers.get(AUTHORIZATION) else { return false };
    let Some((scheme, given)) = value.as_bytes().split_at_checked(7) else { return false };
    scheme.eq_ignore_ascii_case(b"bearer ") && same_bytes(given, token.as_bytes())
}

/// Compares in a time that tells nothing but the length.
fn same_bytes(one: &[u8], other: &[u8]) -> bool {
    let difference = one.iter().zip(other).fold(0_u8, |sum, (one, other)| black_box(sum | (one ^ other)));
    one.len() == other.len() && difference == 0
}

/// Whether a `Host` is an address or `localhost`, which no foreign DNS server has a say in.
fn is_literal(host: &str) -> bool {
    let without_port = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = without_port.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(without_port);
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        let field = |(name, value): &(&'static str, &'static str)| {
            (hyper::header::HeaderName::from_static(name), hyper::header::HeaderValue::from_static(value))
        };
        list.iter().map(field).collect()
    }

    #[test]
    fn a_token_is_asked_for_as_a_whole_and_nothing_else_counts_then() {
        let passes = |list: &[_]| check(Some("s3cret"), &headers(list), true).is_ok();
        assert!(passes(&[("authorization", "Bearer s3cret"), ("host", "gateway.internal:9900")]));
        assert!(passes(&[("authorization", "bearer s3cret")]));
        for wrong in ["Bearer s3cre", "Bearer s3cretX", "Bearer ", "Basic s3cret", "s3cret", "Bearer S3cret"] {
            assert!(!passes(&[("authorization", wrong)]), "{wrong}");
        }
        assert!(!passes(&[]));
    }

    #[test]
    fn without_a_token_foreign_names_and_foreign_pages_stay_outside() {
        let passes = |list: &[_], changes| check(None, &headers(list), changes).is_ok();
        for host in ["127.0.0.1:9900", "localhost:9900", "LOCALHOST", "[::1]:9900", "[::1]", "127.0.0.1"] {
            assert!(passes(&[("host", host)], true), "{host}");
        }
        for host in ["attacker.test:9900", "127.0.0.1.attacker.test", "", "localhost.attacker.test:1"] {
            assert!(!passes(&[("host", host)], false), "{host}");
        }
        let from = |origin| [("host", "127.0.0.1:9900"), ("origin", origin)];
        assert!(!passes(&from("http://attacker.test"), true));
        assert!(!passes(&from("null"), true));
        assert!(passes(&from("http://127.0.0.1:9900"), true));
        assert!(passes(&from("http://attacker.test"), false), "the browser keeps the answer from the page");
        assert!(passes(&[], true), "HTTP/1.0 has no Host");
    }
}
