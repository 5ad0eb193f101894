//! Makes messages that are valid, and damages them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A token that is no field name the gateway knows.
fn name() -> impl Strategy<Value = String> {
    "[A-Za-z!#$%&'*+.^_`|~]{1,6}-[A-Za-z0-9]{7,12}x"
}

/// A field value without white space around it.
fn value() -> impl Strategy<Value = String> {
    prop_oneof!["[!-~]([ -~\t]{0,30}[!-~])?", Just(String::new())]
}

/// A field line.
fn field() -> impl Strategy<Value = String> {
    (name(), "[ \t]{0,2}", value(), "[ \t]{0,2}")
        .prop_map(|(name, before, value, after)| format!("{name}:{before}{value}{after}\r\n"))
}

/// Field lines that the gateway has rules for, valid in any combination.
fn known_field() -> impl Strategy<Value = String> {
    const LINES: &[&str] = &[
        "TE: trailers",
        "Via: 1.1 other",
        "X-Forwarded-For: 1.1.1.1, 2.2.2.2",
        "X-Forwarded-For: 3.3.3.3",
        "x-forwarded-proto: https",
        "X-Forwarded-Host: c",
        "X-Request-Id: abc",
        "Keep-Alive: timeout=5",
        "Proxy-Connection: keep-alive",
        "Connection: close",
        "Connection: x-a-hopfield, keep-alive",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "X-A-Hopfield: 1",
        "Expect: 100-continue",
        "Forwarded: for=1.1.1.1",
        "Date: then",
        "Trailer: digest",
        "Accept: */*",
        "Cookie: a=b; c=d",
    ];
    select(LINES).prop_map(|line| format!("{line}\r\n"))
}

/// A path with everything that a normal form has to deal with; some climb above the root.
pub(crate) fn path() -> impl Strategy<Value = String> + Clone {
    const SEGMENTS: &[&str] = &[
        "a",
        "b.c",
        ".",
        "..",
        "",
        "%2e",
        "%2E.",
        ".%2e%41",
        "%2f",
        "%2F..",
        "%41",
        "%7e",
        "%c3%A9",
        "...",
        ".a",
        "a;b=1,2",
        "%25%32%65",
    ];
    vec(select(SEGMENTS), 1..8).prop_map(|segments| format!("/{}", segments.join("/")))
}

/// A target in origin or absolute form, or for the server as a whole.
fn target() -> impl Strategy<Value = (String, &'static str)> {
    let query = prop_oneof![Just(String::new()), "\\?[a-z0-9=&/?.]{0,12}(%2[0-9a-f])?"];
    // Deep enough that no path above climbs over the root.
    let safe = path().prop_map(|path| format!("/1/2/3/4/5/6/7/8{path}"));
    let origin = (safe.clone(), query.clone()).prop_map(|(path, query)| format!("{path}{query}"));
    let absolute = (select(vec!["http://", "HTTPS://"]), prop_oneof![safe, Just(String::new())], query)
        .prop_map(|(scheme, path, query)| format!("{scheme}Target.test:81{path}{query}"));
    let methods = vec!["GET", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "get"];
    prop_oneof![
        6 => (origin, select(methods.clone())),
        2 => (absolute, select(methods)),
        1 => (Just("*".to_owned()), Just("OPTIONS")),
    ]
}

/// At most one field about the framing.
fn framing() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        any::<u64>().prop_map(|length| format!("Content-Length: {length}\r\n")),
        select(vec!["Transfer-Encoding: chunked\r\n", "transfer-encoding:\tChunked \r\n"]).prop_map(str::to_owned),
    ]
}

/// The lines of a head behind the start line, in any order, with `fixed` among them.
fn lines(fixed: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let others = vec(prop_oneof![field(), known_field()], 0..10);
    (fixed, framing(), others).prop_flat_map(|(fixed, framing, mut lines)| {
        lines.extend([fixed, framing].into_iter().filter(|line| !line.is_empty()));
        Just(lines).prop_shuffle().prop_map(|lines| lines.concat())
    })
}

/// A request head that must be accepted, whatever the strictness, unless it asks for two upgrades.
pub(crate) fn request_head() -> impl Strategy<Value = Vec<u8>> {
    let host =
        select(vec!["Host: shop.test\r\n", "HOST:[2001:db8::1]:8080 \r\n", "host: a:\r\n"]).prop_map(str::to_owned);
    (select(vec!["", "\r\n", "\r\n\r\n"]), target(), lines(host)).prop_map(|(before, (target, method), lines)| {
        format!("{before}{method} {target} HTTP/1.1\r\n{lines}\r\n").into_bytes()
    })
}

/// A response head that must be accepted.
pub(crate) fn response_head() -> impl Strategy<Value = Vec<u8>> {
    (100_u16..600, "( [!-~]([ -~]{0,10}[!-~])?)?", lines(Just(String::new())))
        .prop_map(|(status, phrase, lines)| format!("HTTP/1.1 {status}{phrase}\r\n{lines}\r\n").into_bytes())
}

/// A chunked body: the encoded bytes and the payload.
pub(crate) fn chunked_body() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let extension = select(vec!["", "", "", ";a", ";a=b", " ; a = \"b;\\\"\"", ";a=\"\";b"]);
    let chunk = (vec(any::<u8>(), 1..40), any::<bool>(), 0..3_usize, extension);
    let trailers = vec(select(vec!["Digest: x\r\n", "grpc-status: 0\r\n", "Empty:\r\n"]), 0..3);
    (vec(chunk, 0..6), trailers).prop_map(|(chunks, trailers)| {
        let (mut encoded, mut payload) = (Vec::new(), Vec::new());
        for (data, upper, zeros, extension) in chunks {
            let size = if upper { format!("{:X}", data.len()) } else { format!("{:x}", data.len()) };
            encoded.extend_from_slice(format!("{}{size}{extension}\r\n", "0".repeat(zeros)).as_bytes());
            encoded.extend_from_slice(&data);
            encoded.extend_from_slice(b"\r\n");
            payload.extend_from_slice(&data);
        }
        encoded.extend_from_slice(format!("0\r\n{}\r\n", trailers.concat()).as_bytes());
        (encoded, payload)
    })
}

/// A message with a few bytes changed, put in or taken out where it hurts.
pub(crate) fn damaged(message: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let bytes = b"\r\n \t:;,/.%\\\"#?*0a\0\x7f\x80\xff".to_vec();
    let damage = (any::<Index>(), 0..3, select(bytes));
    (message, vec(damage, 0..4)).prop_map(|(mut message, damages)| {
        for (at, kind, byte) in damages {
            let at = at.index(message.len().max(1));
            match kind {
                0 => message.insert(at.min(message.len()), byte),
                1 if at < message.len() => message[at] = byte,
                _ if at < message.len() => drop(message.remove(at)),
                _ => {}
            }
        }
        message
    })
}
