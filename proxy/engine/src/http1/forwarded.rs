//! Who the client is, as far as those before us can be believed.

use std::net::{IpAddr, SocketAddr};

use super::{FieldId, RequestHead};

/// The client's address: the peer's, unless it is a trusted proxy. Then the last address in `X-Forwarded-For` that is not
/// a trusted proxy's: everybody can only append to that list, so what stands before the first stranger may be made up.
/// What is not an address ends the search with the last one that was. An IPv4 address in IPv6 form counts as IPv4.
#[must_use]
pub fn client_address(head: &RequestHead, bytes: &[u8], peer: IpAddr, trusts: impl Fn(IpAddr) -> bool) -> IpAddr {
    let lists = head.fields().iter().rev().filter(|field| field.id == FieldId::XForwardedFor);
    let mut hops = lists.flat_map(|field| field.value.of(bytes).rsplit(|byte| *byte == b','));
    let mut client = peer.to_canonical();
    while trusts(client) {
        let Some(hop) = hops.next().and_then(address) else { break };
        client = hop;
    }
    client
}

/// An address as `X-Forwarded-For` has it, perhaps with a port or in brackets.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim_matches([' ', '\t']);
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http1::Limits;

    fn client(peer: &str, fields: &str) -> String {
        let bytes = format!("GET / HTTP/1.1\r\nhost: x\r\n{fields}\r\n").into_bytes();
        let mut head = RequestHead::new();
        assert_eq!(head.parse(&bytes, Limits { bytes: 8192, fields: 10 }), Ok(Some(bytes.len())));
        let trusts = |address: IpAddr| address.to_string().starts_with("10.");
        client_address(&head, &bytes, peer.parse().expect("an address"), trusts).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let list = "x-forwarded-for: 6.6.6.6, 1.2.3.4, 10.0.0.2\r\n";
        assert_eq!(client("9.9.9.9", list), "9.9.9.9");
        assert_eq!(client("10.0.0.1", list), "1.2.3.4");
        assert_eq!(client("10.0.0.1", ""), "10.0.0.1");
        assert_eq!(client("10.0.0.1", "x-forwarded-for: 10.0.0.3\r\n"), "10.0.0.3", "a client inside");
        assert_eq!(client("10.0.0.1", "x-forwarded-for: 1.2.3.4\r\nx-forwarded-for: 5.6.7.8\r\n"), "5.6.7.8");
        assert_eq!(client("10.0.0.1", "x-forwarded-for: 1.2.3.4, unknown\r\n"), "10.0.0.1");
        assert_eq!(client("10.0.0.1", "x-forwarded-for: [2001:db8::1]:443\r\n"), "2001:db8::1");
        assert_eq!(client("::ffff:10.0.0.1", "x-forwarded-for: 1.2.3.4:80\r\n"), "1.2.3.4");
    }
}
