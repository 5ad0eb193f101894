//! Message heads, parsed to offsets: what a head says about the message and the connection.
//!
//! A parsed head borrows nothing and is reused for the next message, so parsing allocates only until its lists have
//! grown. It never changes the bytes it was parsed from; the caller hands them in again with every question. Read on in
//! `head/request.rs` and `head/response.rs`; `head/fields.rs` has what both share.

pub mod connection;
mod diagnose;
pub mod field;
mod fields;
mod framing;
pub mod request;
pub mod response;

pub use field::{Field, FieldId};
pub use request::RequestHead;
pub use response::ResponseHead;

/// How large a head may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of a head, start line and empty line included. Values above 64 KiB - 1 count as that.
    pub bytes: usize,
    /// The most fields. Values above [`Limits::MOST_FIELDS`] count as that.
    pub fields: usize,
}

impl Limits {
    /// The most fields a head can have whatever the configuration says; they are gathered on the stack.
    pub const MOST_FIELDS: usize = 256;

    /// The largest head in bytes.
    fn bytes(self) -> usize {
        self.bytes.min(usize::from(u16::MAX))
    }

    /// The largest number of fields.
    fn fields(self) -> usize {
        self.fields.min(Self::MOST_FIELDS)
    }
}

/// The HTTP versions that are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `HTTP/1.0`.
    Http10,
    /// `HTTP/1.1`.
    Http11,
}

/// How the end of a body is found (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    None,
    /// This many bytes.
    Length(u64),
    /// The chunked transfer coding.
    Chunked,
    /// Everything until the sender closes; responses only.
    UntilClose,
}
