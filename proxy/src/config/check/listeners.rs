//! The rules of `[[listeners]]`: unique names, and no address twice.

use std::net::SocketAddr;

use supplex_engine::config::Listener;

use crate::config::decode::{At, refuse_repeats};
use crate::config::problem::Problems;
use crate::config::raw;

pub(super) fn check(
    raw: Vec<At<raw::Listener>>,
    admin: Option<&At<SocketAddr>>,
    problems: &mut Problems,
) -> Vec<Listener> {
    if raw.len() > usize::from(u16::MAX) {
        problems.file("there are more than 65535 listeners".into(), None);
    }
    let names = raw.iter().filter_map(|listener| listener.value.name.as_ref());
    refuse_repeats(names.map(|name| (&name.value, &name.span)), "another listener has this name", problems);

    let addresses: Vec<&At<SocketAddr>> = raw.iter().filter_map(|listener| listener.value.address.as_ref()).collect();
    for (index, address) in addresses.iter().enumerate() {
        if let Some(admin) = admin.filter(|admin| overlap(admin.value, address.value)) {
            let message = format!("the admin endpoint listens on {} already", admin.value);
            problems.push_with(address.span.clone(), message, "choose another port here or in `gateway.admin`");
        }
        let before = addresses.iter().take(index).find(|other| overlap(other.value, address.value));
        if let Some(other) = before {
            let message = format!("another listener has {} already", other.value);
            problems.push_with(address.span.clone(), message, "choose another port");
        }
    }
    raw.into_iter().filter_map(|listener| convert(listener.value)).collect()
}

fn convert(raw: raw::Listener) -> Option<Listener> {
    Some(Listener {
        name: raw.name?.value.0,
        address: raw.address?.value,
        header_timeout: raw.header_timeout?.value.0,
        idle_timeout: raw.idle_timeout?.value.0,
        max_header_bytes: usize::try_from(raw.max_header_bytes?.value.0).ok()?,
        max_header_fields: raw.max_header_fields?.value.size(),
        max_body_bytes: raw.max_body_bytes?.value.0,
        max_connections: raw.max_connections?.value.size(),
    })
}

/// Whether a connection could mean either address. An unspecified address stands for every one; `[::]` for those of
/// IPv4 as well, as Linux has it by default.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let covers =
        |wide: SocketAddr, narrow: SocketAddr| wide.ip().is_unspecified() && (wide.is_ipv6() || narrow.is_ipv4());
    one.port() == other.port()
        && one.port() != 0
        && (one.ip() == other.ip() || covers(one, other) || covers(other, one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unspecified_address_overlaps_every_other_of_its_port() {
        for (one, other, wanted) in [
            ("127.0.0.1:80", "127.0.0.1:80", true),
            ("0.0.0.0:80", "127.0.0.1:80", true),
            ("[::]:80", "127.0.0.1:80", true),
            ("[::]:80", "[::1]:80", true),
            ("0.0.0.0:80", "[::1]:80", false),
            ("127.0.0.1:80", "127.0.0.1:81", false),
            ("127.0.0.1:80", "127.0.0.2:80", false),
            ("127.0.0.1:0", "127.0.0.1:0", false),
        ] {
            let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
            assert_eq!(overlap(address(one), address(other)), wanted, "{one} {other}");
            assert_eq!(overlap(address(other), address(one)), wanted, "{other} {one}");
        }
    }
}
