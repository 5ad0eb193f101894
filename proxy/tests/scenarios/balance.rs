//! Which endpoint of an upstream gets a request.

mod consistent_hash;
mod least_request;
mod peak_ewma;
mod random;
mod round_robin;
mod unix_socket;
