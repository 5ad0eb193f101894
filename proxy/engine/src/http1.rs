//! HTTP/1.1 as RFC 9112 has it: parsing, framing and writing of messages.

pub mod method;

pub use method::Method;
