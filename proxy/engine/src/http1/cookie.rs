//! Cookies of a request, one at a time. It unquotes and decodes nothing.

use super::RequestHead;

/// The value of a cookie (RFC 6265 section 4.2.1); of several with one name the first. Names are compared in their case.
#[must_use]
pub fn cookie<'a>(head: &RequestHead, bytes: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let fields = head.fields().iter().filter(|field| field.name.of(bytes).eq_ignore_ascii_case(b"cookie"));
    let mut pairs = fields.flat_map(|field| field.value.of(bytes).split(|byte| *byte == b';'));
    pairs.find_map(|pair| pair.trim_ascii().strip_prefix(name)?.strip_prefix(b"="))
}
