//! A checked listener: where clients connect and what one connection may ask for.

use std::net::SocketAddr;
use std::time::Duration;

use crate::http1::Limits;

/// One `[[listeners]]` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Unique among listeners.
    pub name: Box<str>,
    /// The address to bind. Port 0 asks the system for a free one.
    pub address: SocketAddr,
    /// From the first byte of a request (or the accept) to the end of its head.
    pub header_timeout: Duration,
    /// How long a connection may stay silent between requests, and within a body.
    pub idle_timeout: Duration,
    /// The largest request head, request line included. 1 KiB to 64 KiB - 1, so that offsets fit 16 bits.
    pub max_header_bytes: usize,
    /// The most fields in one head.
    pub max_header_fields: usize,
    /// The largest request body.
    pub max_body_bytes: u64,
    /// The most connections of this listener over all workers.
    pub max_connections: usize,
}

impl Listener {
    /// How large a request head may be.
    #[must_use]
    pub fn head_limits(&self) -> Limits {
        Limits { bytes: self.max_header_bytes, fields: self.max_header_fields }
    }
}
