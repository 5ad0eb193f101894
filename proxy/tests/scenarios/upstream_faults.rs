//! Upstreams that fail: what the client gets to see, and what becomes of the connections.

mod attempt_timeout;
mod broken_before_the_response;
mod connect_refused;
mod cut_within_the_body;
mod exchange_timeout;
mod extra_bytes;
mod malformed_responses;
mod stale_connections;
