//! Writes the heads that go on: every forwarded message gets a new head, made from the parsed one.
//!
//! The fields that are kept are copied as they came, neighbours in one piece; what concerns this hop is left out, and the
//! gateway's own fields follow. Everything is appended to a buffer of the caller. Nothing here decides whether a message
//! may be forwarded.

pub mod fallback_reply;
mod fields;
pub mod local_reply;
pub mod request;
pub mod response;

pub use fallback_reply::{FallbackReply, write_fallback_reply};
pub use local_reply::{LocalReply, write_local_reply};
pub use request::{Onward, RequestContext, Stamps, write_path, write_request};
pub use response::{ResponseContext, write_interim, write_response};

/// How the gateway calls itself in `Via` and `Proxy-Status`.
const PSEUDONYM: &str = "supplex";
