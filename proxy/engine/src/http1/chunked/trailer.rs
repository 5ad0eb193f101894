//! The trailer section of a chunked body (RFC 9112 section 7.1.2): field lines, checked like those of a head.
//!
//! Trailers arrive when routing, authentication and framing have long been decided, so fields about those are refused
//! (RFC 9110 section 6.5.1) instead of being left for an upstream that might merge them into the head. Which other names
//! are refused is the caller's, who is asked for each.

use crate::http1::Violation;
use crate::http1::ascii::{self, TOKEN, VALUE};

/// The most bytes of a trailer section.
const MOST_BYTES: u16 = 4096;

/// The most bytes of a name that are kept.
const KEPT: usize = 32;

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
    name: [u8; KEPT],
    /// The length of the name; 255 also stands for any longer one.
    name_length: u8,
}

/// The name of a trailer field.
#[derive(Clone, Copy, Debug)]
pub struct TrailerName<'a> {
    /// Its beginning, in lower case.
    beginning: &'a [u8],
    length: u8,
}

impl TrailerName<'_> {
    /// Whether it is this name, when both are read through `same`, which maps bytes that mean the same to one of them. A
    /// name of more than 32 bytes is known by its beginning and its length, so that this may be said of one that differs
    /// after that.
    #[must_use]
    pub fn may_be(&self, name: &str, same: impl Fn(u8) -> u8) -> bool {
        let (ours, theirs) = (self.beginning.iter().copied(), name.bytes().take(self.beginning.len()));
        usize::from(self.length) == name.len().min(usize::from(u8::MAX)) && ours.map(&same).eq(theirs.map(&same))
    }
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
    /// Takes one byte; whether the section is over with it. A name of which `refuses` is true is forbidden.
    pub(super) fn take(&mut self, byte: u8, refuses: impl Fn(TrailerName<'_>) -> bool) -> Result<bool, Violation> {
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
            (State::Name, b':') if self.is_forbidden(&refuses) => return Err(Violation::TrailerForbidden),
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

    fn is_forbidden(&self, refuses: impl Fn(TrailerName<'_>) -> bool) -> bool {
        let kept = self.name.get(..usize::from(self.name_length));
        let name = TrailerName { beginning: kept.unwrap_or(&self.name), length: self.name_length };
        kept.is_some_and(|name| FORBIDDEN.contains(&name)) || refuses(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_holds_every_forbidden_name() {
        assert!(FORBIDDEN.iter().all(|name| name.len() <= KEPT));
        assert!(FORBIDDEN.is_sorted());
    }

    #[test]
    fn a_name_is_known_by_what_is_kept_of_it() {
        let long = format!("x-{}", "a".repeat(60));
        for (written, name, is) in [
            ("X-User-Id", "x-user-id", true),
            ("x-user-i", "x-user-id", false),
            ("x-user-ids", "x-user-id", false),
            (&*long, &*long, true),
            (&*long, &long[1..], false),
            (&*long, "x", false),
        ] {
            let mut trailer = Trailer::default();
            let taken: Result<Vec<bool>, Violation> = format!("{written}:")
                .bytes()
                .map(|byte| trailer.take(byte, |it| it.may_be(name, |byte| byte)))
                .collect();
            assert_eq!(taken.is_err(), is, "{written} {name}");
        }
    }
}
