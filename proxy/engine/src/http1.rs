//! HTTP/1.1 as RFC 9112 has it: parsing, framing and writing of messages.
//!
//! One strict reading of every message, so that no two parties can read it differently: a head is parsed to offsets into
//! the caller's bytes (`head.rs`), a body is followed byte by byte (`body.rs`), and what goes on to the other side is
//! written anew (`emit.rs`). Every broken rule has a name (`violation.rs`). Nothing here owns a socket, keeps a message
//! or allocates once its buffers have grown.

mod ascii;
pub mod body;
mod chunked;
pub mod cookie;
pub mod emit;
pub mod forwarded;
pub mod head;
pub mod host;
pub mod method;
pub mod span;
pub mod target;
pub mod violation;

pub use body::{BodyDecoder, Coding, Step};
pub use chunked::TrailerName;
pub use emit::{
    FallbackReply, LocalReply, Onward, RequestContext, ResponseContext, Stamps, write_fallback_reply, write_interim,
    write_local_reply, write_path, write_request, write_response,
};
pub use head::{Field, FieldId, Framing, Limits, RequestHead, ResponseHead, Version};
pub use method::Method;
pub use span::Span;
pub use violation::Violation;
