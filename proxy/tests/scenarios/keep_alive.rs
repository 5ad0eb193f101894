//! Connections serve one request after another, on both sides of the gateway.

mod close_is_honoured;
mod http_1_0;
mod one_after_another;
mod pipelined_requests;
mod upstream_close;
mod upstream_connections_are_shared;
