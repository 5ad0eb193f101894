//! The normal form of a path: unreserved characters plain, escapes in upper case, no dot segments (RFC 3986 section
//! 6.2.2). `%2F` stays what it is: decoding it would make one segment into two.

use crate::http1::Violation;
use crate::http1::ascii::{self, UNRESERVED};

/// Writes the normal form of `path`, which begins with `/` and whose escapes are well-formed, over `out`.
///
/// Dots are recognised after decoding, as `%2e` means the same. A `..` at the root is refused rather than ignored: no
/// honest client sends it.
pub(super) fn normalise(path: &[u8], out: &mut Vec<u8>) -> Result<(), Violation> {
    out.clear();
    let mut segments = path.get(1..).unwrap_or_default().split(|byte| *byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        let mark = out.len();
        out.push(b'/');
        decode(segment, out);
        let keep = match out.get(mark + 1..).unwrap_or_default() {
            b"." => mark,
            b".." => memchr::memrchr(b'/', out.get(..mark).unwrap_or_default()).ok_or(Violation::TargetAboveRoot)?,
            _ => continue,
        };
        out.truncate(keep);
        if segments.peek().is_none() {
            out.push(b'/');
        }
    }
    Ok(())
}

/// Appends a segment with its escapes in normal form.
fn decode(segment: &[u8], out: &mut Vec<u8>) {
    let mut rest = segment;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        let (b'%', [high, low, after @ ..]) = (*byte, tail) else {
            out.push(*byte);
            continue;
        };
        let decoded = ascii::hex(*high).unwrap_or_default() << 4 | ascii::hex(*low).unwrap_or_default();
        if ascii::is(decoded, UNRESERVED) {
            out.push(decoded);
        } else {
            out.extend_from_slice(&[b'%', high.to_ascii_uppercase(), low.to_ascii_uppercase()]);
        }
        rest = after;
    }
}
