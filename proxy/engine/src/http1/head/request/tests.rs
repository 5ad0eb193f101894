//! Request heads, rule by rule; the smuggling vectors among them.

use super::*;

const LIMITS: Limits = Limits { bytes: 1024, fields: 16 };

fn parse(head: &str) -> Result<RequestHead, Violation> {
    let mut parsed = RequestHead::new();
    let length = parsed.parse(head.as_bytes(), LIMITS)?;
    assert_eq!(length, Some(head.len()), "{head:?} is one whole head");
    Ok(parsed)
}

fn refused(head: &str) -> Violation {
    match parse(head) {
        Ok(_) => panic!("{head:?} was accepted"),
        Err(violation) => violation,
    }
}

/// A request with these lines behind the Host field.
fn with(fields: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

#[test]
fn a_typical_head_is_read() {
    let text = "GET /a/b?c=d HTTP/1.1\r\nHost: shop.test:80\r\nUser-Agent: x\r\nX-Empty:\r\nAccept:  */* \t\r\n\r\n";
    let head = parse(text).unwrap();
    let bytes = text.as_bytes();
    assert_eq!(head.method(), Method::Get);
    assert_eq!(head.method_token(bytes), b"GET");
    assert_eq!(head.version(), Version::Http11);
    assert_eq!(head.path(bytes), b"/a/b");
    assert_eq!(head.query(bytes), Some(&b"c=d"[..]));
    assert_eq!(head.host(bytes), b"shop.test");
    assert_eq!(head.authority(bytes), b"shop.test:80");
    assert_eq!(head.fields().len(), 4);
    assert_eq!(head.find(bytes, "user-agent"), Some(&b"x"[..]));
    assert_eq!(head.find(bytes, "ACCEPT"), Some(&b"*/*"[..]));
    assert_eq!(head.find(bytes, "X-Empty"), Some(&b""[..]));
    assert_eq!(head.find(bytes, "absent"), None);
    assert_eq!(head.find(bytes, "HOST"), Some(&b"shop.test:80"[..]));
    assert_eq!(head.field(bytes, FieldId::Host), Some(&b"shop.test:80"[..]));
    assert_eq!(head.field(bytes, FieldId::Via), None);
    assert_eq!(head.framing(), Framing::None);
    assert!(head.keep_alive());
    assert!(!head.expects_continue() && !head.is_asterisk());
}

#[test]
fn a_head_is_reused_without_traces() {
    let mut head = RequestHead::new();
    let first = b"OPTIONS http://b:1/%61?q HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
    assert_eq!(head.parse(first, LIMITS), Ok(Some(first.len())));
    assert_eq!((head.host(first), head.path(first)), (&b"b"[..], &b"/a"[..]));
    let second = b"GET / HTTP/1.0\r\n\r\n";
    assert_eq!(head.parse(second, LIMITS), Ok(Some(second.len())));
    assert_eq!((head.host(second), head.path(second), head.query(second)), (&b""[..], &b"/"[..], None));
    assert_eq!(head.framing(), Framing::None);
    assert!(!head.expects_continue() && !head.keep_alive());
    assert!(head.fields().is_empty());
}

#[test]
fn every_prefix_of_a_valid_head_asks_for_more() {
    let head =
        b"\r\n\r\nPOST /a%20b?c HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close, x-y\r\nX-Y: z\r\n\r\n";
    let mut parsed = RequestHead::new();
    for cut in 0..head.len() {
        assert_eq!(parsed.parse(&head[..cut], LIMITS), Ok(None), "{cut}");
    }
    assert_eq!(parsed.parse(head, LIMITS), Ok(Some(head.len())));
    let more = [&head[..], b"abcGET /"].concat();
    assert_eq!(parsed.parse(&more, LIMITS), Ok(Some(head.len())));
}

#[test]
fn request_lines_are_exact() {
    for (line, violation) in [
        ("GET / HTTP/2.0", Violation::VersionUnsupported),
        ("PRI * HTTP/2.0", Violation::VersionUnsupported),
        ("GET / HTTP/1.2", Violation::VersionUnsupported),
        ("GET / HTTP/0.9", Violation::VersionUnsupported),
        ("GET / HTTP/1.10", Violation::VersionInvalid),
        ("GET / HTTP/11", Violation::VersionInvalid),
        ("GET / http/1.1", Violation::VersionInvalid),
        ("GET / HTP/1.1", Violation::VersionInvalid),
        ("GET / HTTP/1.1 ", Violation::StartLine),
        ("GET /", Violation::StartLine),
        ("GET  / HTTP/1.1", Violation::StartLine),
        ("GET /  HTTP/1.1", Violation::StartLine),
        (" GET / HTTP/1.1", Violation::StartLine),
        ("GET /a b HTTP/1.1", Violation::StartLine),
        ("GET\t/ HTTP/1.1", Violation::MethodInvalid),
        ("G(T / HTTP/1.1", Violation::MethodInvalid),
        ("G\u{e9}T / HTTP/1.1", Violation::MethodInvalid),
        ("GET /\u{1} HTTP/1.1", Violation::TargetCharacter),
        ("GET /\u{e9} HTTP/1.1", Violation::TargetCharacter),
        ("GET /\\ HTTP/1.1", Violation::TargetCharacter),
        ("GET /%zz HTTP/1.1", Violation::TargetEscape),
        ("GET a HTTP/1.1", Violation::TargetInvalid),
        ("GET * HTTP/1.1", Violation::TargetInvalid),
        ("GET /.. HTTP/1.1", Violation::TargetAboveRoot),
        ("GET /%00 HTTP/1.1", Violation::TargetNul),
        ("GET http://u:p@a/ HTTP/1.1", Violation::TargetUserinfo),
        ("GET http:///a HTTP/1.1", Violation::HostInvalid),
        ("CONNECT a:443 HTTP/1.1", Violation::MethodRefused),
        ("TRACE / HTTP/1.1", Violation::MethodRefused),
    ] {
        assert_eq!(refused(&format!("{line}\r\nHost: a\r\n\r\n")), violation, "{line}");
    }
    assert_eq!(parse("get / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap().method(), Method::Extension);
    assert!(parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").unwrap().is_asterisk());
}

#[test]
fn lines_end_with_crlf_and_are_not_folded() {
    for (head, violation) in [
        ("GET / HTTP/1.1\nHost: a\r\n\r\n", Violation::BareLf),
        ("GET / HTTP/1.1\r\nHost: a\n\r\n", Violation::BareLf),
        ("GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", Violation::BareLf),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: y\n\n", Violation::BareLf),
        ("GET / HTTP/1.1\r\nHost: a\r\n\n", Violation::BareLf),
        ("GET / HTTP/1.1\nHost: a\n\n", Violation::BareLf),
        ("GET / HTTP/1.1\r\nHost:\n\r\n", Violation::BareLf),
        ("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Violation::BareLf),
        ("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", Violation::BareCr),
        ("GET / HTTP/1.1\rHost: a\r\n\r\n", Violation::BareCr),
        ("GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", Violation::BareCr),
        ("GET / HTTP/1.1\r\nHost: a\r\n\rX: y\r\n\r\n", Violation::BareCr),
        ("GET / HTTP/1.1\r\nHost: a\r\n X: y\r\n\r\n", Violation::ObsFold),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", Violation::ObsFold),
        ("GET / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n", Violation::ObsFold),
        ("GET / HTTP/1.1\r\nX:\r\n y\r\nHost: a\r\n\r\n", Violation::ObsFold),
        ("\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Violation::EmptyLines),
    ] {
        assert_eq!(refused(head), violation, "{head:?}");
    }
    let head = "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_eq!(parse(head).unwrap().host(head.as_bytes()), b"a");
}

#[test]
fn field_lines_are_exact() {
    for (field, violation) in [
        ("X : y", Violation::SpaceBeforeColon),
        ("X\t: y", Violation::SpaceBeforeColon),
        ("Transfer-Encoding : chunked", Violation::SpaceBeforeColon),
        ("X", Violation::FieldName),
        (": y", Violation::FieldName),
        ("X y: z", Violation::FieldName),
        ("X(: z", Violation::FieldName),
        ("X\u{e9}: z", Violation::FieldName),
        ("X: \0", Violation::FieldValue),
        ("X: a\u{b}b", Violation::FieldValue),
        ("X: a\u{7f}", Violation::FieldValue),
    ] {
        assert_eq!(refused(&with(&format!("{field}\r\n"))), violation, "{field:?}");
    }
    assert!(parse(&with("X: \u{e9}\tb\r\n")).is_ok(), "obs-text and tabs are allowed");
}

#[test]
fn hosts_are_single_and_valid() {
    for (fields, violation) in [
        ("", Violation::HostMissing),
        ("X-Host: a\r\n", Violation::HostMissing),
        ("Host: a\r\nHost: a\r\n", Violation::HostDuplicate),
        ("Host: a\r\nX: y\r\nhOST: b\r\n", Violation::HostDuplicate),
        ("Host:\r\n", Violation::HostInvalid),
        ("Host: a b\r\n", Violation::HostInvalid),
        ("Host: a, b\r\n", Violation::HostInvalid),
        ("Host: a@b\r\n", Violation::HostInvalid),
        ("Host: http://a\r\n", Violation::HostInvalid),
        ("Host: a:b\r\n", Violation::HostInvalid),
        ("Host: [::1\r\n", Violation::HostInvalid),
    ] {
        assert_eq!(refused(&format!("GET / HTTP/1.1\r\n{fields}\r\n")), violation, "{fields:?}");
        if violation != Violation::HostMissing {
            assert_eq!(refused(&format!("GET / HTTP/1.0\r\n{fields}\r\n")), violation, "{fields:?}");
            assert_eq!(refused(&format!("GET http://b/ HTTP/1.1\r\n{fields}\r\n")), violation, "{fields:?}");
        }
    }
    assert!(parse("GET / HTTP/1.0\r\n\r\n").is_ok());
    assert_eq!(refused("GET http://b/ HTTP/1.1\r\n\r\n"), Violation::HostMissing);
    let absolute = "GET http://b:81?x HTTP/1.1\r\nHost: a\r\n\r\n";
    let head = parse(absolute).unwrap();
    assert_eq!(head.host(absolute.as_bytes()), b"b");
    assert_eq!(head.authority(absolute.as_bytes()), b"b:81");
    assert_eq!(head.path(absolute.as_bytes()), b"/");
}

#[test]
fn smuggling_is_refused() {
    for (fields, violation) in [
        // CL.TE and TE.CL
        ("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", Violation::LengthAndCoding),
        ("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", Violation::LengthAndCoding),
        ("Content-Length: 0\r\nTransfer-Encoding: identity\r\n", Violation::LengthAndCoding),
        // CL.CL
        ("Content-Length: 6\r\nContent-Length: 5\r\n", Violation::ContentLengthDuplicate),
        ("Content-Length: 6\r\ncontent-length: 6\r\n", Violation::ContentLengthDuplicate),
        ("Content-Length: 6, 6\r\n", Violation::ContentLengthInvalid),
        ("Content-Length: +6\r\n", Violation::ContentLengthInvalid),
        ("Content-Length: -6\r\n", Violation::ContentLengthInvalid),
        ("Content-Length: 0x6\r\n", Violation::ContentLengthInvalid),
        ("Content-Length: 6 6\r\n", Violation::ContentLengthInvalid),
        ("Content-Length:\r\n", Violation::ContentLengthInvalid),
        ("Content-Length: 18446744073709551616\r\n", Violation::ContentLengthInvalid),
        ("Content-Length : 6\r\n", Violation::SpaceBeforeColon),
        ("X: y\nContent-Length: 6\r\n", Violation::BareLf),
        // TE.TE
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", Violation::CodingDuplicate),
        ("Transfer-Encoding: chunked\r\nTransfer-encoding: x\r\n", Violation::CodingDuplicate),
        ("Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n", Violation::CodingDuplicate),
        ("Transfer-Encoding: chunked, identity\r\n", Violation::CodingInvalid),
        ("Transfer-Encoding: chunked, chunked\r\n", Violation::CodingInvalid),
        ("Transfer-Encoding: \"chunked\"\r\n", Violation::CodingInvalid),
        ("Transfer-Encoding: chunked;a=b\r\n", Violation::CodingInvalid),
        ("Transfer-Encoding:\r\n", Violation::CodingInvalid),
        ("Transfer-Encoding: \u{b}chunked\r\n", Violation::FieldValue),
        ("Transfer-Encoding:\r\n chunked\r\n", Violation::ObsFold),
        ("X: y\rTransfer-Encoding: chunked\r\n", Violation::BareCr),
        ("Transfer-Encoding: xchunked\r\n", Violation::CodingUnknown),
        ("Transfer-Encoding: gzip, chunked\r\n", Violation::CodingUnknown),
        ("Transfer-Encoding: identity\r\n", Violation::CodingUnknown),
        // Taking the framing away
        ("Content-Length: 6\r\nConnection: content-length\r\n", Violation::ConnectionFraming),
        ("Connection: close, Host\r\n", Violation::ConnectionFraming),
        ("Connection: a b\r\n", Violation::ConnectionInvalid),
        ("Connection: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q\r\n", Violation::ConnectionTooLong),
        ("Expect: 100-continue, x\r\n", Violation::ExpectationFailed),
        ("Expect: 200-ok\r\n", Violation::ExpectationFailed),
    ] {
        assert_eq!(refused(&with(fields)), violation, "{fields:?}");
    }
    let old = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(refused(old), Violation::CodingVersion);
}

#[test]
fn framing_is_what_the_fields_say() {
    let framing = |fields: &str| parse(&with(fields)).map(|head| head.framing());
    assert_eq!(framing(""), Ok(Framing::None));
    assert_eq!(framing("Content-Length: 0\r\n"), Ok(Framing::Length(0)));
    assert_eq!(framing("Content-Length:\t42 \r\n"), Ok(Framing::Length(42)));
    assert_eq!(framing("transfer-ENCODING: CHUNKED\r\n"), Ok(Framing::Chunked));
    assert_eq!(framing("Transfer-Encoding: chunked\r\nConnection: transfer-encoding\r\n"), Ok(Framing::Chunked));
}

#[test]
fn connections_are_kept_by_version_and_option() {
    let keeps = |version: &str, option: &str| {
        parse(&format!("GET / HTTP/{version}\r\nHost: a\r\nConnection: {option}\r\n\r\n")).map(|head| head.keep_alive())
    };
    assert_eq!(keeps("1.1", ""), Ok(true));
    assert_eq!(keeps("1.1", "Close"), Ok(false));
    assert_eq!(keeps("1.1", "keep-alive,close"), Ok(false));
    assert_eq!(keeps("1.0", ""), Ok(false));
    assert_eq!(keeps("1.0", " , Keep-Alive ,"), Ok(true));
    assert_eq!(keeps("1.0", "keep-alive, close"), Ok(false));
}

#[test]
fn expectations_are_met_only_where_a_body_waits() {
    let expects = |text: &str| parse(text).map(|head| head.expects_continue());
    assert_eq!(expects(&with("Content-Length: 1\r\nExpect: 100-Continue\r\n")), Ok(true));
    assert_eq!(expects(&with("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n")), Ok(true));
    assert_eq!(expects(&with("Content-Length: 0\r\nExpect: 100-continue\r\n")), Ok(false));
    assert_eq!(expects(&with("Expect: 100-continue\r\n")), Ok(false));
    assert_eq!(expects("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"), Ok(false));
}

#[test]
fn upgrades_need_the_option_the_version_and_no_body() {
    let upgrade = |text: &str| parse(text).map(|head| head.upgrade(text.as_bytes()).map(<[u8]>::to_vec));
    assert_eq!(
        upgrade(&with("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n")),
        Ok(Some(b"websocket".to_vec()))
    );
    for ignored in [
        "Upgrade: websocket\r\n",
        "Connection: upgrade\r\n",
        "Connection: upgrade\r\nUpgrade:\r\n",
        "Connection: upgrade\r\nUpgrade: h2c\r\n",
        "Connection: upgrade\r\nUpgrade: websocket, H2C\r\n",
        "Connection: upgrade\r\nUpgrade: TLS/1.3\r\n",
        "Connection: upgrade\r\nUpgrade: http/2.0\r\n",
        "Connection: upgrade\r\nUpgrade: a\r\nUpgrade: b\r\n",
        "Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n",
        "Connection: upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n",
    ] {
        assert_eq!(upgrade(&with(ignored)), Ok(None), "{ignored:?}");
    }
    assert_eq!(upgrade("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"), Ok(None));
}

#[test]
fn nominated_fields_are_marked_but_the_gateways_own_are_not() {
    let text = with("X-Y: 1\r\nConnection: x-y, X-Forwarded-For, te\r\nX-Forwarded-For: b\r\nx-Y: 2\r\nX-Z: 3\r\n");
    let head = parse(&text).unwrap();
    let marked: Vec<_> =
        head.fields().iter().filter(|field| field.hop_only).map(|field| field.value.of(text.as_bytes())).collect();
    assert_eq!(marked, [b"1", b"2"]);
}

#[test]
fn limits_hold_exactly() {
    let head = b"GET /abc HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
    let limits = |bytes, fields| Limits { bytes, fields };
    let mut parsed = RequestHead::new();
    assert_eq!(parsed.parse(head, limits(head.len(), 2)), Ok(Some(head.len())));
    assert_eq!(parsed.parse(head, limits(head.len(), 1)), Err(Violation::TooManyFields));
    assert_eq!(parsed.parse(head, limits(head.len() - 1, 2)), Err(Violation::HeadTooLarge));
    assert_eq!(parsed.parse(&head[..30], limits(31, 2)), Ok(None));
    assert_eq!(parsed.parse(&head[..30], limits(30, 2)), Err(Violation::HeadTooLarge));
    assert_eq!(parsed.parse(&head[..10], limits(10, 2)), Err(Violation::TargetTooLong));
    assert_eq!(parsed.parse(head, limits(10, 2)), Err(Violation::TargetTooLong));
    let padded = [&b"\r\n"[..], head].concat();
    assert_eq!(parsed.parse(&padded, limits(10, 2)), Err(Violation::TargetTooLong));
    assert_eq!(parsed.parse(&padded, limits(head.len(), 2)), Err(Violation::HeadTooLarge));
}

#[test]
fn the_hard_limits_hold_whatever_is_configured() {
    let anything = Limits { bytes: usize::MAX, fields: usize::MAX };
    let mut parsed = RequestHead::new();
    let many = with(&"X: y\r\n".repeat(255));
    assert_eq!(parsed.parse(many.as_bytes(), anything), Ok(Some(many.len())));
    let too_many = with(&"X: y\r\n".repeat(256));
    assert_eq!(parsed.parse(too_many.as_bytes(), anything), Err(Violation::TooManyFields));
    let empty = with("X: \r\n").len();
    let large = with(&format!("X: {}\r\n", "y".repeat(65_535 - empty)));
    assert_eq!(parsed.parse(large.as_bytes(), anything), Ok(Some(65_535)));
    assert_eq!(parsed.find(large.as_bytes(), "x").map(<[u8]>::len), Some(65_535 - empty));
    let too_large = with(&format!("X: {}\r\n", "y".repeat(65_536 - empty)));
    assert_eq!(parsed.parse(too_large.as_bytes(), anything), Err(Violation::HeadTooLarge));
}
