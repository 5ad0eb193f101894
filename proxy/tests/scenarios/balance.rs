//! Which endpoint of an upstream gets a request.

mod least_request;
mod round_robin;
mod unix_socket;
