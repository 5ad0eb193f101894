//! Response heads, rule by rule.

use super::*;

const LIMITS: Limits = Limits { bytes: 1024, fields: 16 };

fn parse(head: &str, method: Method) -> Result<ResponseHead, Violation> {
    let mut parsed = ResponseHead::new();
    let length = parsed.parse(head.as_bytes(), LIMITS, method)?;
    assert_eq!(length, Some(head.len()), "{head:?} is one whole head");
    Ok(parsed)
}

fn framing(head: &str, method: Method) -> Result<Framing, Violation> {
    parse(head, method).map(|head| head.framing())
}

#[test]
fn a_typical_head_is_read() {
    let text = "HTTP/1.1 200 Fine so far\r\nServer: x\r\nContent-Length: 12\r\n\r\n";
    let head = parse(text, Method::Get).unwrap();
    assert_eq!(head.status(), 200);
    assert_eq!(head.version(), Version::Http11);
    assert_eq!(head.find(text.as_bytes(), "SERVER"), Some(&b"x"[..]));
    assert_eq!(head.field(text.as_bytes(), FieldId::ContentLength), Some(&b"12"[..]));
    assert_eq!(head.fields().len(), 2);
    assert_eq!(head.framing(), Framing::Length(12));
    assert!(head.keep_alive() && !head.is_interim() && !head.is_switch());
    for cut in 0..text.len() {
        assert_eq!(ResponseHead::new().parse(&text.as_bytes()[..cut], LIMITS, Method::Get), Ok(None), "{cut}");
    }
}

#[test]
fn the_body_depends_on_status_method_and_fields() {
    for (status, fields, method, expected) in [
        (200, "", Method::Get, Framing::UntilClose),
        (200, "Content-Length: 3\r\n", Method::Get, Framing::Length(3)),
        (200, "Transfer-Encoding: Chunked\r\n", Method::Get, Framing::Chunked),
        (200, "Content-Length: 3\r\n", Method::Head, Framing::None),
        (200, "Transfer-Encoding: chunked\r\n", Method::Head, Framing::None),
        (200, "", Method::Head, Framing::None),
        (204, "Content-Length: 3\r\n", Method::Get, Framing::None),
        (304, "Content-Length: 3\r\n", Method::Get, Framing::None),
        (100, "Transfer-Encoding: chunked\r\n", Method::Post, Framing::None),
        (101, "", Method::Get, Framing::None),
        (404, "Content-Length: 0\r\n", Method::Get, Framing::Length(0)),
    ] {
        let head = format!("HTTP/1.1 {status} \r\n{fields}\r\n");
        assert_eq!(framing(&head, method), Ok(expected), "{head:?} to {method:?}");
    }
}

#[test]
fn ambiguous_and_broken_heads_are_refused() {
    for (head, violation) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", Violation::LengthAndCoding),
        ("HTTP/1.1 204 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", Violation::ContentLengthDuplicate),
        ("HTTP/1.1 200 OK\r\nContent-Length: a\r\n\r\n", Violation::ContentLengthInvalid),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", Violation::CodingUnknown),
        ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Violation::CodingVersion),
        ("HTTP/1.1 200 OK\nServer: a\r\n\r\n", Violation::BareLf),
        ("HTTP/1.1 200\nServer: a\r\n\r\n", Violation::BareLf),
        ("HTTP/1.1 200 OK\r\nServer: a\n\r\n", Violation::BareLf),
        ("HTTP/1.1 200 OK\r\nServer: a\r\n\n", Violation::BareLf),
        ("HTTP/1.1 200 O\rK\r\n\r\n", Violation::StatusInvalid),
        ("HTTP/1.1 200 O\0K\r\n\r\n", Violation::StatusInvalid),
        ("HTTP/1.1 099 OK\r\n\r\n", Violation::StatusInvalid),
        ("HTTP/1.1 600 OK\r\n\r\n", Violation::StatusInvalid),
        ("HTTP/1.1 20 OK\r\n\r\n", Violation::StatusInvalid),
        ("HTTP/1.1 2000 OK\r\n\r\n", Violation::StatusInvalid),
        ("HTTP/2.0 200 OK\r\n\r\n", Violation::VersionUnsupported),
        ("HTTP/1.1200 OK\r\n\r\n", Violation::VersionUnsupported),
        ("ICY 200 OK\r\n\r\n", Violation::VersionInvalid),
        ("\r\nHTTP/1.1 200 OK\r\n\r\n", Violation::EmptyLines),
        ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", Violation::ObsFold),
        ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", Violation::SpaceBeforeColon),
        ("HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", Violation::BareCr),
        ("HTTP/1.1 200 OK\r\nConnection: content-length\r\n\r\n", Violation::ConnectionFraming),
    ] {
        match parse(head, Method::Get) {
            Ok(_) => panic!("{head:?} was accepted"),
            Err(found) => assert_eq!(found, violation, "{head:?}"),
        }
    }
}

#[test]
fn connections_are_kept_when_the_end_is_known() {
    let keeps = |head: &str| parse(head, Method::Get).map(|head| head.keep_alive());
    assert_eq!(keeps("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"), Ok(true));
    assert_eq!(keeps("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n"), Ok(false));
    assert_eq!(keeps("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n"), Ok(false));
    assert_eq!(keeps("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n"), Ok(true));
    assert_eq!(keeps("HTTP/1.1 200 OK\r\n\r\n"), Ok(false), "lasts until the close");
}

#[test]
fn interim_and_switching_heads_are_told_apart() {
    let kind = |status: u16| {
        let head = parse(&format!("HTTP/1.1 {status} X\r\n\r\n"), Method::Get).unwrap();
        (head.is_interim(), head.is_switch())
    };
    assert_eq!(kind(100), (true, false));
    assert_eq!(kind(103), (true, false));
    assert_eq!(kind(101), (false, true));
    assert_eq!(kind(200), (false, false));
}

#[test]
fn limits_hold() {
    let head = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
    let mut parsed = ResponseHead::new();
    let mut parse = |bytes: &[u8], limit, fields| parsed.parse(bytes, Limits { bytes: limit, fields }, Method::Get);
    assert_eq!(parse(head, head.len(), 1), Ok(Some(head.len())));
    assert_eq!(parse(head, head.len() - 1, 1), Err(Violation::HeadTooLarge));
    assert_eq!(parse(&head[..20], 20, 1), Err(Violation::HeadTooLarge));
    assert_eq!(parse(head, head.len(), 0), Err(Violation::TooManyFields));
}
