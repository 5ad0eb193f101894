//! Free ports on loopback.
//!
//! A port that was free a moment ago can be taken by somebody else before it is used. Whoever asks here must cope with
//! that: by trying again, or by saying that the port was taken.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use crate::Error;

/// Between the ports that programs like to listen on and those of outgoing connections, which begin at 32768.
const LOWEST: u16 = 20_000;
const HIGHEST: u16 = 32_600;

/// Whether nobody listens on this port of loopback.
#[must_use]
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// A random free port below those that the system gives to outgoing connections. It would otherwise happen that some
/// connection of somebody has the port at the moment when a server wants to listen on it.
///
/// # Errors
/// When there is none.
pub fn free() -> Result<u16, Error> {
    // Every `RandomState` has other keys, so the hash of nothing is a random number.
    let random = RandomState::new().build_hasher().finish();
    let wanted = LOWEST + (random % u64::from(HIGHEST - LOWEST)) as u16;
    from(wanted)
}

/// `wanted` if it is free, else the first free one above it.
///
/// # Errors
/// When none of the next hundred is free.
pub fn from(wanted: u16) -> Result<u16, Error> {
    let mut candidates = wanted..=wanted.saturating_add(100);
    let found = candidates.find(|port| is_free(*port));
    found.ok_or_else(|| Error::State(format!("no port from {wanted} on is free")))
}

/// The address of a port on loopback.
#[must_use]
pub fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_passed_over() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = taken.local_addr().expect("an address").port();
        assert!(!is_free(port));
        assert_ne!(from(port).ok(), Some(port));
    }
}
