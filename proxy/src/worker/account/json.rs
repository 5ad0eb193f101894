//! A line as a JSON object. Whatever a client sent, the line is valid JSON and one line.

use std::io::Write;

use supplex_engine::config::LogField;

use super::line::Line;

/// Adds the line with these fields, each unless there is nothing to say.
pub(super) fn write(out: &mut Vec<u8>, fields: &[LogField], line: &Line<'_>) {
    let start = out.len();
    for field in fields {
        add(out, *field, line);
    }
    match out.get_mut(start) {
        // Every field begins with a comma; the first one's place is the brace.
        Some(comma) => *comma = b'{',
        None => out.push(b'{'),
    }
    out.extend_from_slice(b"}\n");
}

fn add(out: &mut Vec<u8>, field: LogField, line: &Line<'_>) {
    let Line { time, peer, record, request, outcome, duration } = line;
    let key = field.key();
    match field {
        LogField::Time => number(out, key, *time),
        LogField::RequestId => text(out, key, record.id()),
        LogField::TraceId => text(out, key, &request.trace.id.hex()),
        LogField::Sampled => flag(out, key, request.trace.is_sampled()),
        LogField::Client => {
            out.extend_from_slice(key.as_bytes());
            // Writing into a vector cannot fail.
            let _ = write!(out, "\"{peer}\"");
        }
        LogField::Method => text(out, key, record.method()),
        LogField::Target => text(out, key, record.target()),
        LogField::Status => number(out, key, outcome.status.unwrap_or(0).into()),
        LogField::Route => some(out, key, line.route()),
        LogField::Upstream => some(out, key, line.upstream()),
        LogField::Endpoint => some(out, key, outcome.endpoint),
        LogField::Reason => some(out, key, outcome.reason.map(|reason| reason.word())),
        LogField::Retried => {
            if outcome.retried {
                flag(out, key, true);
            }
        }
        LogField::Received => number(out, key, outcome.received),
        LogField::Sent => number(out, key, outcome.sent),
        LogField::Duration => number(out, key, duration / 1000),
        LogField::Overhead => number(out, key, outcome.overhead / 1000),
        LogField::Host => not_empty(out, key, record.host()),
        LogField::Referer => not_empty(out, key, record.referer()),
        LogField::UserAgent => not_empty(out, key, record.user_agent()),
    }
}

fn number(out: &mut Vec<u8>, key: &str, value: u64) {
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

fn flag(out: &mut Vec<u8>, key: &str, value: bool) {
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

fn some(out: &mut Vec<u8>, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        text(out, key, value.as_bytes());
    }
}

fn not_empty(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    if !value.is_empty() {
        text(out, key, value);
    }
}

/// A key and a JSON string. Bytes that are not ASCII are written as code points, so that the line is valid whatever came.
fn text(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    out.extend_from_slice(key.as_bytes());
    out.push(b'"');
    for &byte in value {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0x20..0x7f => out.push(byte),
            _ => {
                let _ = write!(out, "\\u{:04x}", u16::from(byte));
            }
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_become_a_json_string() {
        let mut out = Vec::new();
        text(&mut out, "", b"a\"b\\c\x01\xe4");
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), "a\"b\\c\u{1}\u{e4}");
    }
}
