//! What a request is charged to: which limits of its route count it, and for whom.
//!
//! A CORS preflight is not counted: the browser sends it by itself, and the request that follows is. Where to read on:
//! `limit.rs` decides about the charges.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use sha2::{Digest, Sha256};

use crate::auth::Identity;
use crate::config::{KeySource, LimitId, LimitMode, Precision, RouteId, Snapshot};
use crate::http1::cookie::cookie;
use crate::http1::forwarded::client_address;
use crate::http1::{Method, RequestHead};
use crate::limit::{Charge, Family, Key, Shape, Wanted};

/// A request, as far as limits look at it.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    /// The parsed head.
    pub head: &'a RequestHead,
    /// The bytes it was parsed from.
    pub bytes: &'a [u8],
    /// The other end of the connection.
    pub peer: IpAddr,
    /// Whose request it is, as far as that was verified.
    pub identity: Option<&'a Identity>,
}

/// What one limit of the route makes of the request.
#[derive(Clone, Copy, Debug)]
pub enum Counting {
    /// It is charged, and refused if the bucket does not hold the cost.
    Enforced(Wanted),
    /// It is charged, and let through in any case.
    Shadow(Wanted),
    /// The client is exempt.
    Exempt(LimitId),
}

/// Tells `on` of each limit of the route, unless the request is a CORS preflight.
pub fn limit_rate(snapshot: &Snapshot, route: RouteId, request: Counted<'_>, mut on: impl FnMut(Counting)) {
    let Some(route) = snapshot.routes.get(route.index()).filter(|route| !route.limits.is_empty()) else { return };
    if is_preflight(request) {
        return;
    }
    let mut known = None;
    let trusts = |peer| snapshot.gateway.trusts(peer);
    let find = || client_address(request.head, request.bytes, request.peer, trusts);
    let mut client = || *known.get_or_insert_with(find);
    for used in &route.limits {
        let Some(limit) = snapshot.limits.get(used.limit.index()) else { continue };
        if !limit.exempt.is_empty() && limit.exempt.iter().any(|network| network.contains(&client())) {
            on(Counting::Exempt(used.limit));
            continue;
        }
        let key = match &limit.key {
            KeySource::ClientIp => address_key(b"", client()),
            KeySource::Header(name) => text_key(request.head.find(request.bytes, name).unwrap_or_default()),
            KeySource::Cookie(name) => {
                text_key(cookie(request.head, request.bytes, name.as_bytes()).unwrap_or_default())
            }
            KeySource::Claim(name) => match request.identity.and_then(|identity| identity.claim(name)) {
                Some(value) => text_key(value.as_bytes()),
                // No value of a claim makes a key with a space in it.
                None => address_key(b"ip ", client()),
            },
            KeySource::Route => text_key(route.name.as_bytes()),
            KeySource::Global => text_key(b""),
        };
        let wanted = Wanted {
            charge: Charge { limit: used.limit, key, cost: used.cost, extra: 0 },
            family: Family::of(&limit.name),
            shape: Shape::of(limit),
            leases: limit.precision == Precision::Lease,
        };
        on(match limit.mode {
            LimitMode::Enforce => Counting::Enforced(wanted),
            LimitMode::Shadow => Counting::Shadow(wanted),
        });
    }
}

/// Fetch standard, section 3.2.2: OPTIONS with these two fields.
fn is_preflight(request: Counted<'_>) -> bool {
    let has = |name| request.head.find(request.bytes, name).is_some();
    request.head.method() == Method::Options && has("origin") && has("access-control-request-method")
}

/// One client has a whole /64 to choose addresses from (RFC 4291 section 2.5.1).
fn address_key(prefix: &[u8], client: IpAddr) -> Key {
    let mut text = [0; 48];
    let mut rest = &mut text[..];
    let written = rest.write_all(prefix).and_then(|()| match client {
        IpAddr::V4(address) => write_dotted(&mut rest, address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            write!(rest, "{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    });
    let free = rest.len();
    let length = if written.is_ok() { text.len() - free } else { 0 };
    Key::new(text.get(..length).unwrap_or_default()).unwrap_or_default()
}

/// As `Display` writes it, without the machinery: nearly every request passes here.
fn write_dotted(out: &mut &mut [u8], address: Ipv4Addr) -> std::io::Result<()> {
    let mut separator: &[u8] = b"";
    for octet in address.octets() {
        out.write_all(separator)?;
        out.write_all(itoa::Buffer::new().format(octet).as_bytes())?;
        separator = b".";
    }
    Ok(())
}

/// The text itself, or its hash when it is too long or not printable. The hash is one that nobody finds collisions of, and
/// every gateway makes the same.
fn text_key(text: &[u8]) -> Key {
    let printable = text.iter().all(u8::is_ascii_graphic);
    if let Some(key) = Key::new(text).filter(|_| printable) {
        return key;
    }
    let mut hex = [b'#'; 33];
    let digest = Sha256::digest(text);
    for (pair, byte) in hex[1..].chunks_exact_mut(2).zip(digest) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    Key::new(&hex).unwrap_or_default()
}

#[cfg(test)]
mod tests;
