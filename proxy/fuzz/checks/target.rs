//! What must hold for every sequence of bytes that is taken for a request target.
//!
//! One function, called by the fuzzer and by plain tests over the seeds.

use supplex_engine::http1::{Limits, RequestHead};

/// Parses a request with the target `data`; whether it is acceptable. Panics when a law is broken.
pub(crate) fn check(data: &[u8]) -> bool {
    // With these in it, the bytes would not be one target.
    if data.iter().any(|byte| matches!(byte, b' ' | b'\r' | b'\n')) {
        return false;
    }
    let (request, head) = parse(data);
    let Some(head) = head else { return false };
    let (path, query) = (head.path(&request), head.query(&request));
    if head.is_asterisk() {
        assert_eq!(path, b"*");
        return true;
    }
    let origin = match query {
        Some(query) => [path, b"?", query].concat(),
        None => path.to_vec(),
    };
    let (request_again, again) = parse(&origin);
    let again = again.expect("a normal form is acceptable");
    assert_eq!(again.path(&request_again), path, "the normal form of a normal form is itself");
    assert_eq!(again.query(&request_again), query, "a query stays as it is");
    assert!(data.ends_with(query.unwrap_or_default()));
    assert_eq!(String::from_utf8_lossy(path), by_the_book(data));
    true
}

fn parse(target: &[u8]) -> (Vec<u8>, Option<RequestHead>) {
    let request = [b"OPTIONS ", target, b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
    let mut head = RequestHead::new();
    let length = head.parse(&request, Limits { bytes: 64 * 1024, fields: 4 });
    let whole = length == Ok(Some(request.len()));
    (request, whole.then_some(head))
}

/// The normal form as RFC 3986 describes it, step by step; `..` at the root, which is refused, does not come here.
fn by_the_book(target: &[u8]) -> String {
    let target = std::str::from_utf8(target).expect("acceptable targets are ASCII");
    let path = match target.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('/') => rest.find('/').map_or("", |at| &rest[at..]),
        _ => target,
    };
    // An absolute target may have a query with a slash in it and no path.
    let question = target.find('?').unwrap_or(target.len());
    let path = if target.len() - path.len() > question { "/" } else { path.split('?').next().unwrap_or_default() };
    if path.is_empty() {
        return "/".to_owned();
    }
    remove_dot_segments(&decode_unreserved(path))
}

/// RFC 3986 sections 6.2.2.1 and 6.2.2.2.
fn decode_unreserved(path: &str) -> String {
    let mut parts = path.split('%');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at(2);
        let byte = u8::from_str_radix(digits, 16).expect("two digits");
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            decoded.push(char::from(byte));
        } else {
            decoded.push('%');
            decoded.push_str(&digits.to_ascii_uppercase());
        }
        decoded.push_str(rest);
    }
    decoded
}

/// RFC 3986 section 5.2.4 to the letter.
fn remove_dot_segments(path: &str) -> String {
    let mut input = path.to_owned();
    let mut output = String::new();
    while !input.is_empty() {
        if input.starts_with("/./") || input == "/." {
            input = format!("/{}", &input[input.len().min(3)..]);
        } else if input.starts_with("/../") || input == "/.." {
            input = format!("/{}", &input[input.len().min(4)..]);
            output.truncate(output.rfind('/').unwrap_or(0));
        } else {
            let end = input[1..].find('/').map_or(input.len(), |at| at + 1);
            output.push_str(&input[..end]);
            input = input[end..].to_owned();
        }
    }
    output
}
