//! The `[[listeners]]` tables.

use std::net::SocketAddr;

use crate::config::decode::need::{REQUIRED, number, text};
use crate::config::decode::table;
use crate::config::scalar::{Duration, Name, Number, Size};

table! {
    /// Where clients connect, and what one connection may ask for.
    Listener {
        /// Unique among listeners; the `listener` label of metrics.
        name: Name = REQUIRED,
        /// The address to bind. Port 0 asks the system for a free one.
        address: SocketAddr = REQUIRED,
        /// From the first byte of a request (or the start of the connection) to the end of its head; 1ms to 24h.
        header_timeout: Duration = text("5s"),
        /// How long a connection may stay silent between requests, and within a body; 1ms to 24h.
        idle_timeout: Duration = text("60s"),
        /// The largest request head, request line included; 1KiB to 63KiB.
        max_header_bytes: Size<1_024, 64_512> = text("16KiB"),
        /// The most fields in one request head; 1 to 1000.
        max_header_fields: Number<1, 1_000> = number(100),
        /// The largest request body; 0B to 1024GiB.
        max_body_bytes: Size<0, 1_099_511_627_776> = text("10MiB"),
        /// The most connections of this listener, over all workers together; 1 to 10000000.
        max_connections: Number<1, 10_000_000> = number(20_000),
    }
}
