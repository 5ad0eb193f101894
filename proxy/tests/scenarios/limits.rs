//! Bounds on what is under way at once.

mod max_connections;
mod max_in_flight;
