//! The length of a message body (RFC 9112 section 6): where smuggling begins, so nothing is guessed.

use super::Version;
use super::field::FieldId;
use super::fields::Fields;
use crate::http1::ascii::{self, TOKEN};
use crate::http1::{Framing, Violation};

/// The framing that the fields declare; `None` when they declare nothing.
pub(super) fn declared(head: &[u8], fields: &Fields, version: Version) -> Result<Option<Framing>, Violation> {
    const BOTH: u32 = FieldId::ContentLength.bit() | FieldId::TransferEncoding.bit();
    if fields.seen() & BOTH == 0 {
        return Ok(None);
    }
    if fields.repeated(FieldId::ContentLength) {
        return Err(Violation::ContentLengthDuplicate);
    }
    // RFC 9112 section 6.3 lets a server close after such a message or refuse it; whoever sends one is confused or lies.
    if fields.seen() & BOTH == BOTH {
        return Err(Violation::LengthAndCoding);
    }
    if let Some(value) = fields.first(FieldId::ContentLength) {
        return length(value.of(head)).map(|length| Some(Framing::Length(length)));
    }
    if fields.repeated(FieldId::TransferEncoding) {
        return Err(Violation::CodingDuplicate);
    }
    // RFC 9112 section 6.1: a Transfer-Encoding in HTTP/1.0 means that the framing is faulty.
    if version == Version::Http10 {
        return Err(Violation::CodingVersion);
    }
    let value = fields.first(FieldId::TransferEncoding).unwrap_or_default();
    coding(value.of(head)).map(|()| Some(Framing::Chunked))
}

/// `Content-Length = 1*DIGIT` (RFC 9110 section 8.6): no sign, no list, nothing that another parser could read otherwise.
fn length(value: &[u8]) -> Result<u64, Violation> {
    if value.is_empty() || value.len() > 20 {
        return Err(Violation::ContentLengthInvalid);
    }
    value
        .iter()
        .try_fold(0_u64, |sum, byte| match byte {
            b'0'..=b'9' => sum.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
            _ => None,
        })
        .ok_or(Violation::ContentLengthInvalid)
}

/// Exactly `chunked`. Well-formed lists of other codings are "not implemented" (RFC 9112 section 6.1); anything that has
/// chunked in it and more beside it is ambiguous.
fn coding(value: &[u8]) -> Result<(), Violation> {
    if value.eq_ignore_ascii_case(b"chunked") {
        return Ok(());
    }
    let mut codings = value.split(|byte| *byte == b',').map(ascii::trim).peekable();
    while let Some(coding) = codings.next() {
        let misplaced = coding.eq_ignore_ascii_case(b"chunked") && codings.peek().is_some();
        if misplaced || coding.is_empty() || !ascii::all(coding, TOKEN) {
            return Err(Violation::CodingInvalid);
        }
    }
    Err(Violation::CodingUnknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_digits_that_fit() {
        assert_eq!(length(b"0"), Ok(0));
        assert_eq!(length(b"18446744073709551615"), Ok(u64::MAX));
        for wrong in
            ["", "18446744073709551616", "+1", "-1", "1,1", "1, 1", "0x10", "1 ", "1e3", "000000000000000000001"]
        {
            assert_eq!(length(wrong.as_bytes()), Err(Violation::ContentLengthInvalid), "{wrong}");
        }
    }

    #[test]
    fn a_coding_is_chunked_or_nothing() {
        assert_eq!(coding(b"chunked"), Ok(()));
        assert_eq!(coding(b"Chunked"), Ok(()));
        for unknown in ["gzip", "identity", "gzip, chunked", "xchunked", "chunkedx"] {
            assert_eq!(coding(unknown.as_bytes()), Err(Violation::CodingUnknown), "{unknown}");
        }
        for wrong in [
            "",
            "chunked, chunked",
            "chunked, gzip",
            "chunked,",
            ",chunked",
            "chunked;q=1",
            "\"chunked\"",
            "\x0bchunked",
        ] {
            assert_eq!(coding(wrong.as_bytes()), Err(Violation::CodingInvalid), "{wrong}");
        }
    }
}
