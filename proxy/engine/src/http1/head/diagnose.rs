//! Which rule a head broke that `httparse` refused: read again, slowly, to be able to say it.
//!
//! Runs once before a connection ends, so it may take its time. It never decides whether a head is acceptable.

use crate::http1::ascii::{self, TOKEN};
use crate::http1::{Limits, Violation};

/// The most empty lines before a start line. RFC 9112 section 2.2 asks servers to ignore at least one.
const MOST_EMPTY_LINES: usize = 2;

/// The bytes that empty lines take before the start line; `None` when more bytes are needed to tell.
#[inline]
pub(super) fn empty_lines(bytes: &[u8]) -> Result<Option<usize>, Violation> {
    let mut skipped = 0;
    loop {
        match bytes.get(skipped..).unwrap_or_default() {
            [] | [b'\r'] => return Ok(None),
            [b'\r', b'\n', ..] if skipped == 2 * MOST_EMPTY_LINES => return Err(Violation::EmptyLines),
            [b'\r', b'\n', ..] => skipped += 2,
            [b'\r', ..] => return Err(Violation::BareCr),
            [b'\n', ..] => return Err(Violation::BareLf),
            _ => return Ok(Some(skipped)),
        }
    }
}

/// The rule about sizes that a head broke which is larger than the limits.
#[cold]
pub(super) fn too_large(bytes: &[u8], limits: Limits) -> Violation {
    let window = bytes.get(..limits.bytes()).unwrap_or(bytes);
    // Empty lines in front belong to nobody's request line, and there are at most four bytes of them.
    let window = window.get(empty_lines(window).ok().flatten().unwrap_or(0)..).unwrap_or_default();
    if memchr::memchr(b'\n', window).is_none() { Violation::TargetTooLong } else { Violation::HeadTooLarge }
}

/// The rule that a request broke.
#[cold]
pub(super) fn request(bytes: &[u8], error: httparse::Error) -> Violation {
    match error {
        httparse::Error::Token => request_line(line(bytes)),
        httparse::Error::Version => version(line(bytes)),
        httparse::Error::NewLine => match (memchr::memchr(b'\r', line(bytes)), version(line(bytes))) {
            // The request line is in order, or has a CR in it: a CR is what the fault is about.
            (Some(_), _) | (None, Violation::VersionUnsupported) => Violation::BareCr,
            (None, broken) => broken,
        },
        other => head(bytes, other),
    }
}

/// The rule that a response broke.
#[cold]
pub(super) fn response(bytes: &[u8], error: httparse::Error) -> Violation {
    match error {
        httparse::Error::Version => {
            if well_formed_version(bytes.get(..8).unwrap_or_default()) {
                Violation::VersionUnsupported
            } else {
                Violation::VersionInvalid
            }
        }
        httparse::Error::Token | httparse::Error::Status => Violation::StatusInvalid,
        other => head(bytes, other),
    }
}

/// The first line, without what ends it.
fn line(bytes: &[u8]) -> &[u8] {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn request_line(line: &[u8]) -> Violation {
    let mut parts = line.split(|byte| *byte == b' ');
    let method = parts.next().unwrap_or_default();
    if method.is_empty() {
        return Violation::StartLine;
    }
    if !ascii::all(method, TOKEN) {
        return Violation::MethodInvalid;
    }
    match (parts.next(), parts.next()) {
        (Some(target), Some(_)) if !target.is_empty() => Violation::TargetCharacter,
        _ => Violation::StartLine,
    }
}

fn version(line: &[u8]) -> Violation {
    let mut parts = line.split(|byte| *byte == b' ').skip(2);
    match (parts.next(), parts.next()) {
        (Some(version), None) if well_formed_version(version) => Violation::VersionUnsupported,
        (Some(_), Some(_)) => Violation::StartLine,
        _ => Violation::VersionInvalid,
    }
}

fn well_formed_version(version: &[u8]) -> bool {
    matches!(version, [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit())
}

fn head(bytes: &[u8], error: httparse::Error) -> Violation {
    match error {
        httparse::Error::TooManyHeaders => Violation::TooManyFields,
        httparse::Error::NewLine => Violation::BareCr,
        httparse::Error::HeaderValue => field_value(bytes),
        _ => bytes.split(|byte| *byte == b'\n').skip(1).find_map(field_name).unwrap_or(Violation::FieldName),
    }
}

/// What is wrong with the beginning of a header line, if anything is.
fn field_name(line: &[u8]) -> Option<Violation> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if matches!(line.first(), Some(b' ' | b'\t')) {
        return Some(Violation::ObsFold);
    }
    let end = line.iter().position(|byte| !ascii::is(*byte, TOKEN)).unwrap_or(line.len());
    match line.get(end..).unwrap_or_default() {
        [b':', ..] if end > 0 => None,
        [b' ' | b'\t', rest @ ..] if end > 0 && ascii::trim(rest).starts_with(b":") => {
            Some(Violation::SpaceBeforeColon)
        }
        [] if line.is_empty() => None,
        _ => Some(Violation::FieldName),
    }
}

fn field_value(bytes: &[u8]) -> Violation {
    let bare = memchr::memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1).is_some_and(|next| *next != b'\n'));
    if bare { Violation::BareCr } else { Violation::FieldValue }
}
