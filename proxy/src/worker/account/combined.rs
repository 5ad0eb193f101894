//! A line in the combined format of the NCSA and Apache, for programs that know nothing else:
//! `client - - [time] "method target version" status bytes "referer" "user agent"`.
//!
//! What is missing is `-`, as Apache has it; so is a byte count of 0, and the status of a client that got no response.
//! It has no place for the reason.

use std::io::Write;
use std::time::{Duration, UNIX_EPOCH};

use supplex_engine::http1::Version;

use super::line::Line;

/// Adds the line.
pub(super) fn write(out: &mut Vec<u8>, line: &Line<'_>) {
    let Line { time, peer, record, request, outcome, duration: _ } = line;
    // Writing into a vector cannot fail.
    let _ = write!(out, "{peer} - - [");
    moment(out, *time);
    out.extend_from_slice(b"] \"");
    if record.method().is_empty() {
        // It could not be parsed, so there is nothing that could be quoted.
        out.push(b'-');
    } else {
        escaped(out, record.method());
        out.push(b' ');
        escaped(out, record.target());
        out.extend_from_slice(match request.version {
            Version::Http10 => b" HTTP/1.0",
            Version::Http11 => b" HTTP/1.1",
        });
    }
    out.extend_from_slice(b"\" ");
    number(out, outcome.status.unwrap_or(0).into());
    out.push(b' ');
    number(out, outcome.sent);
    for value in [record.referer(), record.user_agent()] {
        out.extend_from_slice(b" \"");
        match value {
            b"" => out.push(b'-'),
            value => escaped(out, value),
        }
        out.push(b'"');
    }
    out.push(b'\n');
}

/// A number, or `-` for 0.
fn number(out: &mut Vec<u8>, value: u64) {
    match value {
        0 => out.push(b'-'),
        value => out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()),
    }
}

/// Milliseconds since 1970 as `10/Oct/2000:13:55:36 +0000`.
fn moment(out: &mut Vec<u8>, millis: u64) {
    // `Tue, 10 Oct 2000 13:55:36 GMT` (RFC 9110 section 5.6.7) has all of it, at fixed places.
    let mut text = [0; 29];
    let date = httpdate::HttpDate::from(UNIX_EPOCH + Duration::from_millis(millis));
    let _ = write!(&mut text[..], "{date}");
    let [_, _, _, _, _, d1, d2, _, m1, m2, m3, _, y1, y2, y3, y4, _, time @ .., _, _, _, _] = text;
    out.extend_from_slice(&[d1, d2, b'/', m1, m2, m3, b'/', y1, y2, y3, y4, b':']);
    out.extend_from_slice(&time);
    out.extend_from_slice(b" +0000");
}

/// Bytes as Apache escapes them: nothing ends the quotes or the line, and no terminal takes a command from it.
fn escaped(out: &mut Vec<u8>, value: &[u8]) {
    for &byte in value {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x20..0x7f => out.push(byte),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(add: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        add(&mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn a_moment_is_written_as_in_apaches_manual() {
        assert_eq!(text(|out| moment(out, 971_186_136_999)), "10/Oct/2000:13:55:36 +0000");
        assert_eq!(text(|out| moment(out, 0)), "01/Jan/1970:00:00:00 +0000");
    }

    #[test]
    fn nothing_leaves_its_quotes_or_its_line() {
        assert_eq!(text(|out| escaped(out, b"a\"b\\c\td\x1b[0m\xe4\n")), "a\\\"b\\\\c\\td\\x1b[0m\\xe4\\x0a");
    }

    #[test]
    fn nothing_is_a_dash() {
        assert_eq!((text(|out| number(out, 0)), text(|out| number(out, 200))), ("-".to_owned(), "200".to_owned()));
    }
}
