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

    /// Whether a head that was incomplete after `seen` bytes is worth another parse now that there are `bytes`: it is when
    /// a line ended since, or a limit is reached. Whoever sends a head byte by byte then costs no more than one pass over
    /// it per line, and the number of lines is limited. The first parse, at `seen` 0, is always worth it.
    #[must_use]
    pub fn worth_parsing(self, bytes: &[u8], seen: usize) -> bool {
        let new = bytes.get(seen..).unwrap_or(bytes);
        seen == 0 || bytes.len() >= self.bytes() || memchr::memchr(b'\n', new).is_some()
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parse_is_worth_it_when_a_line_ended_or_a_limit_is_reached() {
        let limits = Limits { bytes: 20, fields: 4 };
        assert!(limits.worth_parsing(b"GE", 0));
        assert!(!limits.worth_parsing(b"GET /", 2));
        assert!(limits.worth_parsing(b"GET / HTTP/1.1\r\n", 14));
        assert!(!limits.worth_parsing(b"GET / HTTP/1.1\r\nH", 16));
        assert!(limits.worth_parsing(b"GET / HTTP/1.1\r\nHost", 16));
        assert!(limits.worth_parsing(b"\n", 5), "a shorter buffer than before is another head");
    }
}
