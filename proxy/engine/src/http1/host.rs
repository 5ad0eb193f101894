//! The host and port of a request (RFC 9110 section 4.2, RFC 3986 section 3.2).
//!
//! Never resolves or compares names.

use std::net::Ipv6Addr;

use super::ascii::{self, HOST};

/// The length of the host within `authority`, which is a host with an optional port; `None` when it is not. User
/// information, an empty host, percent-encoding and commas are refused.
#[must_use]
pub fn host_length(authority: &[u8]) -> Option<usize> {
    let length = if let Some(literal) = authority.strip_prefix(b"[") {
        let end = memchr::memchr(b']', literal)?;
        std::str::from_utf8(literal.get(..end)?).ok()?.parse::<Ipv6Addr>().ok()?;
        end + 2
    } else {
        authority.iter().position(|byte| !ascii::is(*byte, HOST)).unwrap_or(authority.len())
    };
    match authority.get(length..)? {
        [] => {}
        [b':', port @ ..] if is_port(port) => {}
        _ => return None,
    }
    (length > 0).then_some(length)
}

/// `port = *DIGIT`; none at all is allowed and means the default.
fn is_port(port: &[u8]) -> bool {
    let value = port.iter().try_fold(0_u32, |sum, byte| match byte {
        b'0'..=b'9' => Some((sum * 10 + u32::from(byte - b'0')).min(100_000)),
        _ => None,
    });
    value.is_some_and(|value| value <= 65_535)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_or_addresses() {
        for (authority, host) in [
            ("shop.test", "shop.test"),
            ("shop.test:8080", "shop.test"),
            ("shop.test:", "shop.test"),
            ("127.0.0.1:65535", "127.0.0.1"),
            ("[::1]", "[::1]"),
            ("[2001:db8::1]:443", "[2001:db8::1]"),
            ("a_b", "a_b"),
        ] {
            assert_eq!(host_length(authority.as_bytes()), Some(host.len()), "{authority}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for wrong in [
            "",
            ":80",
            "a b",
            "user@shop.test",
            "a,b",
            "a/b",
            "a:b",
            "a:80:80",
            "a:65536",
            "a:99999999999999999999",
            "[::1",
            "::1",
            "[::1]x",
            "[fe80::1%25eth0]",
            "[]",
            "[v1.a]",
            "a%2Eb",
            "a\u{e9}",
            "a:-1",
            "a?",
            "a#",
            "a\\b",
            "[::1]:a",
        ] {
            assert_eq!(host_length(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
