//! The trailer section of a chunked body (RFC 9112 section 7.1.2): field lines, checked like those of a head.
//!
//! Trailers arrive when routing, authentication and framing have long been decided, so fields about those are refused
//! (RFC 9110 section 6.5.1) instead of being left for an upstream that might merge them into the head.

use crate::http1::Violation;
use crate::http1::ascii::{self, TOKEN, VALUE};

/// The most bytes of a trailer section.
const MOST_BYTES: u16 = 4096;

/// As long as the longest forbidden name.
const LONGEST: usize = 19;

/// Fields that are not allowed in trailers: framing, routing, the connection, authentication, request modifiers, and how
/// to process the content.
const FORBIDDEN: &[&[u8]] = &[
    b"age",
    b"authorization",
    b"cache-control",
    b"connection",
    b"content-encoding",
    b"content-length",
    b"content-range",
    b"content-type",
    b"cookie",
    b"date",
    b"expect",
    b"expires",
    b"forwarded",
    b"host",
    b"http2-settings",
    b"if-match",
    b"if-modified-since",
    b"if-none-match",
    b"if-range",
    b"if-unmodified-since",
    b"keep-alive",
    b"location",
    b"max-forwards",
    b"pragma",
    b"proxy-authenticate",
    b"proxy-authorization",
    b"proxy-connection",
    b"range",
    b"retry-after",
    b"set-cookie",
    b"te",
    b"traceparent",
    b"tracestate",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
    b"vary",
    b"via",
    b"warning",
    b"www-authenticate",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-port",
    b"x-forwarded-proto",
    b"x-real-ip",
    b"x-request-id",
];

/// Follows one trailer section.
#[derive(Clone, Debug, Default)]
pub(super) struct Trailer {
    state: State,
    bytes: u16,
    /// The beginning of the name in lower case.
    name: [u8; LONGEST],
    /// The length of the name; more than [`LONGEST`] only says "longer".
    name_length: u8,
}

/// ```text
/// LineStart --tchar--> Name --:--> Value --CR--> ValueLf --LF--> LineStart --CR--> EndLf --LF--> (over)
/// ```
#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    LineStart,
    Name,
    Value,
    ValueLf,
    EndLf,
}

impl Trailer {
    /// Takes one byte; whether the section is over with it.
    pub(super) fn take(&mut self, byte: u8) -> Result<bool, Violation> {
        self.bytes += 1;
        if self.bytes > MOST_BYTES {
            return Err(Violation::TrailerTooLarge);
        }
        self.state = match (self.state, byte) {
            (State::EndLf, b'\n') => return Ok(true),
            (State::LineStart, b'\r') => State::EndLf,
            (State::LineStart, b' ' | b'\t') => return Err(Violation::ObsFold),
            (State::LineStart, _) if ascii::is(byte, TOKEN) => {
                self.name_length = 0;
                self.push(byte);
                State::Name
            }
            (State::Name, b':') if self.is_forbidden() => return Err(Violation::TrailerForbidden),
            (State::Name, b':') => State::Value,
            (State::Name, b' ' | b'\t') => return Err(Violation::SpaceBeforeColon),
            (State::Name, _) if ascii::is(byte, TOKEN) => {
                self.push(byte);
                State::Name
            }
            (State::Value, b'\r') => State::ValueLf,
            (State::Value, _) if ascii::is(byte, VALUE) => State::Value,
            (State::ValueLf, b'\n') => State::LineStart,
            (State::ValueLf | State::EndLf, _) => return Err(Violation::BareCr),
            (_, b'\n') => return Err(Violation::BareLf),
            _ => return Err(Violation::TrailerInvalid),
        };
        Ok(false)
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.name.get_mut(usize::from(self.name_length)) {
            *place = byte.to_ascii_lowercase();
        }
        self.name_length = self.name_length.saturating_add(1);
    }

    fn is_forbidden(&self) -> bool {
        self.name.get(..usize::from(self.name_length)).is_some_and(|name| FORBIDDEN.contains(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_holds_every_forbidden_name() {
        assert_eq!(FORBIDDEN.iter().map(|name| name.len()).max(), Some(LONGEST));
        assert!(FORBIDDEN.is_sorted());
    }
}
