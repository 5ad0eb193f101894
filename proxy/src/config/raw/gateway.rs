//! The `[gateway]` table.

use std::net::SocketAddr;

use ipnet::IpNet;

use crate::config::decode::need::{EMPTY_LIST, OPTIONAL, text};
use crate::config::decode::{List, table};
use crate::config::raw::load::Shed;
use crate::config::scalar::{AdminToken, Duration, Workers};

table! {
    /// The process: its workers, its admin endpoint, its end.
    Gateway keeps keys {
        /// How many workers to start: a number from 1 to 1024, or "auto" for one per CPU that the process may use.
        workers: Workers = text("auto"),
        /// The address of the admin endpoint. Port 0 asks the system for a free one. An address that is not loopback
        /// needs `admin_token`.
        admin: SocketAddr = text("127.0.0.1:9900"),
        /// The bearer token that the admin endpoint asks for; at most 256 characters.
        admin_token: AdminToken = OPTIONAL,
        /// How long exchanges in flight may take after SIGTERM before they are cut; 1ms to 24h.
        drain_timeout: Duration = text("15s"),
        /// The networks whose `X-Forwarded-For`, `-Proto` and `-Host` fields are believed, and whose
        /// `X-Request-Deadline-Ms` may shorten the `timeout` of a route.
        trusted_proxies: List<IpNet> = EMPTY_LIST,
        /// When to refuse requests because a worker is overloaded; never when left out.
        shed: Shed = OPTIONAL,
    }
}
