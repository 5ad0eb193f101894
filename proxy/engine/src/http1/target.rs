//! Request targets (RFC 9112 section 3.2): which form, and the path in normal form.
//!
//! The path is normalised once, and the same bytes are matched against the routes and forwarded, so that gateway and
//! upstream cannot disagree on what was asked for. A path that is normal already, which is nearly every one, is
//! recognised in one pass and not copied. `target/normal.rs` has the other case.

mod normal;

use std::borrow::Cow;

use super::ascii::{self, PLAIN, TARGET, UNRESERVED};
use super::{Method, Span, Violation};

/// Where the path of a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    /// In the head, as it was written.
    Written(Span),
    /// In the buffer for normal forms.
    Normalised,
    /// Nowhere: an absolute target without a path.
    Root,
    /// `*`, the server as a whole.
    Asterisk,
}

/// A request target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) path: Path,
    /// Without the question mark.
    pub(crate) query: Option<Span>,
    /// Of an absolute target.
    pub(crate) authority: Option<Span>,
}

impl Default for Target {
    fn default() -> Self {
        Self { path: Path::Root, query: None, authority: None }
    }
}

impl Target {
    /// Reads the target of a request; puts the normal form of the path into `normal` when it is not the written one.
    pub(crate) fn read(head: &[u8], target: Span, method: Method, normal: &mut Vec<u8>) -> Result<Self, Violation> {
        match target.of(head) {
            [b'/', ..] => Self::origin(head, target, normal),
            // RFC 9112 section 3.2.4: only for OPTIONS.
            b"*" if method == Method::Options => Ok(Self { path: Path::Asterisk, query: None, authority: None }),
            _ => Self::absolute(head, target, method, normal),
        }
    }

    fn origin(head: &[u8], target: Span, normal: &mut Vec<u8>) -> Result<Self, Violation> {
        let start = usize::from(target.start);
        let bytes = target.of(head);
        let seen = look_over(bytes)?;
        let path = Span::at(start, start + seen.path_length);
        let query =
            (seen.path_length < bytes.len()).then(|| Span::at(start + seen.path_length + 1, start + bytes.len()));
        if seen.is_normal {
            return Ok(Self { path: Path::Written(path), query, authority: None });
        }
        normal::normalise(path.of(head), normal)?;
        Ok(Self { path: Path::Normalised, query, authority: None })
    }

    /// RFC 9112 section 3.2.2. The authority is checked by whoever asked, like a Host field.
    fn absolute(head: &[u8], target: Span, method: Method, normal: &mut Vec<u8>) -> Result<Self, Violation> {
        let bytes = target.of(head);
        let scheme = [&b"http://"[..], b"https://"]
            .into_iter()
            .find(|scheme| bytes.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
            .ok_or(Violation::TargetInvalid)?;
        let rest = bytes.get(scheme.len()..).unwrap_or_default();
        let length = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
        let start = usize::from(target.start) + scheme.len();
        let authority = Span::at(start, start + length);
        if memchr::memchr(b'@', authority.of(head)).is_some() {
            return Err(Violation::TargetUserinfo);
        }
        let after = Span { start: authority.end, end: target.end };
        let found = match after.of(head) {
            [b'/', ..] => Self::origin(head, after, normal)?,
            // RFC 9112 section 3.2.4: what a proxy makes of it at the last hop.
            [] if method == Method::Options => Self { path: Path::Asterisk, query: None, authority: None },
            [] => Self::default(),
            query => {
                look_over(query)?;
                Self { query: Some(Span { start: after.start + 1, end: after.end }), ..Self::default() }
            }
        };
        Ok(Self { authority: Some(authority), ..found })
    }
}

/// The form of a path that routes are matched in: what a request with this path is taken to ask for. The path itself, if
/// it is normal already.
///
/// # Errors
/// Why no request can have it. A path ends before a question mark.
pub fn normal_path(path: &str) -> Result<Cow<'_, str>, Violation> {
    if !path.starts_with('/') {
        return Err(Violation::TargetInvalid);
    }
    let seen = look_over(path.as_bytes())?;
    if seen.path_length < path.len() {
        return Err(Violation::TargetCharacter);
    }
    if seen.is_normal {
        return Ok(Cow::Borrowed(path));
    }
    let mut normal = Vec::new();
    normal::normalise(path.as_bytes(), &mut normal)?;
    // What was looked over is ASCII.
    String::from_utf8(normal).map(Cow::Owned).map_err(|_| Violation::TargetCharacter)
}

/// What one pass over a path and query found.
struct Seen {
    path_length: usize,
    is_normal: bool,
}

/// Checks every byte and every percent-encoding, finds the question mark, and notices what is not in normal form.
fn look_over(target: &[u8]) -> Result<Seen, Violation> {
    let mut seen = Seen { path_length: target.len(), is_normal: true };
    let mut at = 0;
    let mut in_path = true;
    while let Some(byte) = target.get(at).copied() {
        at += 1;
        if ascii::is(byte, PLAIN) {
            continue;
        }
        match byte {
            b'%' => {
                let (Some(high), Some(low)) = (target.get(at).copied(), target.get(at + 1).copied()) else {
                    return Err(Violation::TargetEscape);
                };
                let (Some(first), Some(second)) = (ascii::hex(high), ascii::hex(low)) else {
                    return Err(Violation::TargetEscape);
                };
                let decoded = first << 4 | second;
                if in_path && decoded == 0 {
                    return Err(Violation::TargetNul);
                }
                let plain = ascii::is(decoded, UNRESERVED) || high.is_ascii_lowercase() || low.is_ascii_lowercase();
                seen.is_normal &= !(in_path && plain);
                at += 2;
            }
            b'.' if in_path => seen.is_normal &= !ends_dot_segment(target, at),
            b'?' if in_path => {
                seen.path_length = at - 1;
                in_path = false;
            }
            _ if ascii::is(byte, TARGET) => {}
            _ => return Err(Violation::TargetCharacter),
        }
    }
    Ok(seen)
}

/// Whether a segment that ends before `end` with a dot is `.` or `..`.
fn ends_dot_segment(target: &[u8], end: usize) -> bool {
    matches!(target.get(end), None | Some(b'/' | b'?'))
        && matches!(target.get(..end), Some([.., b'/', b'.'] | [.., b'/', b'.', b'.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: Method, target: &str) -> Result<(String, Option<String>, Option<String>), Violation> {
        let head = target.as_bytes();
        let mut normal = Vec::new();
        let found = Target::read(head, Span::at(0, head.len()), method, &mut normal)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let path = match found.path {
            Path::Written(span) => text(span.of(head)),
            Path::Normalised => format!("~{}", text(&normal)),
            Path::Root => "root".to_owned(),
            Path::Asterisk => "asterisk".to_owned(),
        };
        Ok((path, found.query.map(|span| text(span.of(head))), found.authority.map(|span| text(span.of(head)))))
    }

    #[test]
    fn normal_paths_are_not_copied() {
        for path in ["/", "/a/b", "/a//b", "/a/", "/.a/..b/c./d..", "/%2F%20", "/a/...", "/a;b=c,d", "/|^{}[]`"] {
            assert_eq!(read(Method::Get, path), Ok((path.to_owned(), None, None)));
            let with_query = format!("{path}?x=/../%2e%00");
            assert_eq!(read(Method::Get, &with_query), Ok((path.to_owned(), Some("x=/../%2e%00".to_owned()), None)));
        }
    }

    #[test]
    fn other_paths_are_normalised() {
        for (path, normal) in [
            ("/.", "~/"),
            ("/./a", "~/a"),
            ("/a/.", "~/a/"),
            ("/a/..", "~/"),
            ("/a/../b", "~/b"),
            ("/a/%2e%2E/b", "~/b"),
            ("/a//../b", "~/a/b"),
            ("/%61%2d%7E", "~/a-~"),
            ("/%2f%c3%a9", "~/%2F%C3%A9"),
            ("/a/.%2e/", "~/"),
            ("/%252e%252e/%2e%2e/x", "~/x"),
        ] {
            assert_eq!(read(Method::Get, path), Ok((normal.to_owned(), None, None)), "{path}");
        }
    }

    #[test]
    fn a_path_alone_has_the_same_form() {
        for (path, normal) in [("/", "/"), ("/a%2Fb", "/a%2Fb"), ("/%7eb/./c/..", "/~b/"), ("/a//../b", "/a/b")] {
            assert_eq!(normal_path(path).as_deref(), Ok(normal), "{path}");
        }
        for (path, violation) in [
            ("", Violation::TargetInvalid),
            ("a", Violation::TargetInvalid),
            ("/a?b", Violation::TargetCharacter),
            ("/\u{e4}", Violation::TargetCharacter),
            ("/%z", Violation::TargetEscape),
            ("/%00", Violation::TargetNul),
            ("/a/../..", Violation::TargetAboveRoot),
        ] {
            assert_eq!(normal_path(path), Err(violation), "{path}");
        }
    }

    #[test]
    fn forms_are_told_apart() {
        let ok = |path: &str, query: Option<&str>, authority: Option<&str>| {
            Ok((path.to_owned(), query.map(str::to_owned), authority.map(str::to_owned)))
        };
        assert_eq!(read(Method::Options, "*"), ok("asterisk", None, None));
        assert_eq!(read(Method::Get, "*"), Err(Violation::TargetInvalid));
        assert_eq!(read(Method::Get, "http://h"), ok("root", None, Some("h")));
        assert_eq!(read(Method::Options, "http://h:1"), ok("asterisk", None, Some("h:1")));
        assert_eq!(read(Method::Get, "HTTPS://h/a/../b?c"), ok("~/b", Some("c"), Some("h")));
        assert_eq!(read(Method::Get, "http://h?q=/"), ok("root", Some("q=/"), Some("h")));
        assert_eq!(read(Method::Get, "/?"), ok("/", Some(""), None));
        assert_eq!(read(Method::Get, "http://user@h/"), Err(Violation::TargetUserinfo));
        for wrong in ["", "a", "h:80", "ftp://h/", "http:/h", "?a", "file:///etc", "**"] {
            assert_eq!(read(Method::Get, wrong), Err(Violation::TargetInvalid), "{wrong}");
        }
    }

    #[test]
    fn broken_targets_are_refused() {
        for (target, violation) in [
            ("/..", Violation::TargetAboveRoot),
            ("/a/../..", Violation::TargetAboveRoot),
            ("/%2e%2e/etc/passwd", Violation::TargetAboveRoot),
            ("/a%00", Violation::TargetNul),
            ("/a%", Violation::TargetEscape),
            ("/a%2", Violation::TargetEscape),
            ("/a?%zz", Violation::TargetEscape),
            ("/a%2?", Violation::TargetEscape),
            ("/a\\b", Violation::TargetCharacter),
            ("/a\"", Violation::TargetCharacter),
            ("/a#b", Violation::TargetCharacter),
            ("/a?b#c", Violation::TargetCharacter),
            ("/<", Violation::TargetCharacter),
            ("/>", Violation::TargetCharacter),
            ("/\u{e9}", Violation::TargetCharacter),
            ("/a\tb", Violation::TargetCharacter),
            ("http://h#f", Violation::TargetCharacter),
        ] {
            assert_eq!(read(Method::Get, target), Err(violation), "{target}");
        }
    }
}
