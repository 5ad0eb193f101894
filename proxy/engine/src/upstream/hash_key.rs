//! Which requests `consistent_hash` keeps together: the hash of what the configuration names.
//!
//! Only looks at the request; `balancer/consistent_hash.rs` makes a choice of it.

use std::net::IpAddr;

use super::balancer::hash;
use crate::config::HashKey;
use crate::http1::RequestHead;
use crate::http1::cookie::cookie;

/// The hash of a request's key. `bytes` are those that `head` was parsed from. A request without the field or cookie goes
/// by the address of its client.
#[must_use]
pub fn hash_of(key: &HashKey, head: &RequestHead, bytes: &[u8], client: IpAddr) -> u64 {
    let text = match key {
        HashKey::ClientIp => None,
        HashKey::Header(name) => head.find(bytes, name),
        HashKey::Cookie(name) => cookie(head, bytes, name.as_bytes()),
        HashKey::Path => Some(head.path(bytes)),
    };
    text.filter(|text| !text.is_empty()).map_or_else(|| hash_address(client), hash)
}

/// Addresses of one IPv6 /64 are one client: that is what a household or a phone has, and it changes within it.
fn hash_address(client: IpAddr) -> u64 {
    match client.to_canonical() {
        IpAddr::V4(address) => hash(&address.octets()),
        IpAddr::V6(address) => hash(address.octets().get(..8).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http1::Limits;

    fn hashed(key: &HashKey, fields: &str, client: &str) -> u64 {
        let bytes = format!("GET /a?b HTTP/1.1\r\nhost: x\r\n{fields}\r\n").into_bytes();
        let mut head = RequestHead::new();
        assert_eq!(head.parse(&bytes, Limits { bytes: 8192, fields: 10 }), Ok(Some(bytes.len())));
        hash_of(key, &head, &bytes, client.parse().expect("an address"))
    }

    #[test]
    fn clients_are_told_apart_by_address_and_ipv6_by_its_network() {
        let of = |client| hashed(&HashKey::ClientIp, "", client);
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
    }

    #[test]
    fn fields_cookies_and_paths_count_by_their_value() {
        let header = HashKey::Header("x-user".into());
        assert_eq!(hashed(&header, "X-User: ann\r\n", "10.0.0.1"), hash(b"ann"));
        let cookie = HashKey::Cookie("id".into());
        assert_eq!(hashed(&cookie, "cookie: xid=1; id=7;id=8\r\n", "10.0.0.1"), hash(b"7"));
        assert_eq!(hashed(&HashKey::Path, "", "10.0.0.1"), hash(b"/a"));
    }

    #[test]
    fn without_the_field_the_client_counts() {
        let client = hashed(&HashKey::ClientIp, "", "10.0.0.1");
        for key in [HashKey::Header("x-user".into()), HashKey::Cookie("id".into())] {
            assert_eq!(hashed(&key, "cookie: other=1\r\n", "10.0.0.1"), client);
            assert_eq!(hashed(&key, "cookie: id=\r\nx-user:\r\n", "10.0.0.1"), client);
        }
    }
}
