//! What must hold for every sequence of bytes that is taken for a request head.
//!
//! One function, called by the fuzzer and by plain tests over the seeds.

use supplex_engine::auth::Vouched;
use supplex_engine::config::{HeaderEdits, Rewrite};
use supplex_engine::http1::{
    Field, FieldId, Framing, Limits, RequestContext, RequestHead, Version, Violation, write_request,
};

const LIMITS: Limits = Limits { bytes: 8 * 1024, fields: 64 };

/// Room for what the gateway adds.
const LARGER: Limits = Limits { bytes: 16 * 1024, fields: 80 };

/// Parses `data`; whether it begins with an acceptable head. Panics when a law is broken.
pub(crate) fn check(data: &[u8]) -> bool {
    let mut head = RequestHead::new();
    let length = match head.parse(data, LIMITS) {
        Err(violation) => {
            assert!((400..=505).contains(&violation.reason().status()));
            return false;
        }
        Ok(None) => {
            assert!(data.len() < LIMITS.bytes, "more bytes are asked for than the limit allows");
            return false;
        }
        Ok(Some(length)) => length,
    };
    let bytes = &data[..length];
    assert!(length <= LIMITS.bytes && head.fields().len() <= LIMITS.fields);
    lines_are_strict(bytes);
    framing_is_unambiguous(&head, bytes);
    target_is_normal(&head, bytes);
    prefixes_ask_for_more(bytes);
    for trusted in [false, true] {
        forwarded_means_the_same(&head, bytes, trusted);
    }
    true
}

fn lines_are_strict(bytes: &[u8]) {
    assert!(bytes.ends_with(b"\r\n\r\n"));
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' => assert_eq!(bytes[at - 1], b'\r', "bare LF"),
            b'\r' => assert_eq!(bytes[at + 1], b'\n', "bare CR"),
            b' ' | b'\t' => assert!(at > 0 && bytes[at - 1] != b'\n', "folded line"),
            _ => assert!(*byte >= 0x20 && *byte != 0x7f, "control character"),
        }
    }
}

/// Reads the framing fields a second time, in the simplest way there is.
fn framing_is_unambiguous(head: &RequestHead, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let values = |name: &str| -> Vec<String> {
        let lines = text.trim_start().split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
        lines.filter(|(found, _)| *found == name).map(|(_, value)| value.trim_matches([' ', '\t']).to_owned()).collect()
    };
    match (&values("content-length")[..], &values("transfer-encoding")[..]) {
        ([], []) => assert_eq!(head.framing(), Framing::None),
        ([length], []) => assert_eq!(head.framing(), Framing::Length(length.parse().unwrap())),
        ([], [coding]) => {
            assert_eq!((head.framing(), head.version()), (Framing::Chunked, Version::Http11));
            assert_eq!(coding, "chunked");
        }
        other => panic!("ambiguous framing: {other:?}"),
    }
    let hosts = values("host");
    assert!(hosts.len() == 1 || (hosts.is_empty() && head.version() == Version::Http10), "hosts: {hosts:?}");
    assert_eq!(head.authority(bytes).is_empty(), head.host(bytes).is_empty());
    assert!(!head.host(bytes).is_empty() || head.version() == Version::Http10);
}

fn target_is_normal(head: &RequestHead, bytes: &[u8]) {
    let path = head.path(bytes);
    assert_eq!(head.is_asterisk(), path == b"*");
    assert!(head.is_asterisk() || path.starts_with(b"/"));
    assert!(!path.split(|byte| *byte == b'/').any(|segment| segment == b"." || segment == b".."));
    assert!(!path.contains(&b'?'));
}

fn prefixes_ask_for_more(bytes: &[u8]) {
    let mut head = RequestHead::new();
    let step = 1 + bytes.len() / 64;
    for cut in (0..bytes.len()).step_by(step).chain([bytes.len() - 1]) {
        assert_eq!(head.parse(&bytes[..cut], LIMITS), Ok(None), "cut at {cut}");
    }
}

fn forwarded_means_the_same(head: &RequestHead, bytes: &[u8], trusted: bool) {
    let mut out = Vec::new();
    let cx = RequestContext {
        head,
        bytes,
        rewrite: &Rewrite::default(),
        edits: &HeaderEdits::default(),
        vouched: Vouched::default(),
        client: [192, 0, 2, 1].into(),
        trusted,
        secure: true,
        request_id: b"id",
        deadline_ms: Some(1_500),
        trace: None,
    };
    let _ = write_request(&mut out, &cx);
    let mut again = RequestHead::new();
    if head.authority(bytes).is_empty() {
        // An HTTP/1.0 client named no host, and there is none to forward.
        assert_eq!(again.parse(&out, LARGER), Err(Violation::HostInvalid));
        return;
    }
    assert_eq!(again.parse(&out, LARGER), Ok(Some(out.len())), "{}", String::from_utf8_lossy(&out));
    assert_eq!(again.version(), Version::Http11);
    assert_eq!(again.method_token(&out), head.method_token(bytes));
    assert_eq!(again.path(&out), head.path(bytes));
    assert_eq!(again.query(&out), head.query(bytes));
    assert_eq!(again.authority(&out), head.authority(bytes));
    assert_eq!(again.host(&out), head.host(bytes));
    assert_eq!(again.framing(), head.framing());
    assert_eq!(again.upgrade(&out), head.upgrade(bytes));
    assert_eq!(again.expects_continue(), head.expects_continue());
    assert_eq!(end_to_end(again.fields(), &out), end_to_end(head.fields(), bytes));
    for own in [FieldId::XForwardedFor, FieldId::XRequestId] {
        assert_eq!(again.fields().iter().filter(|field| field.id == own).count(), 1);
    }
}

/// The fields that the gateway has no business with.
fn end_to_end<'a>(fields: &[Field], bytes: &'a [u8]) -> Vec<(&'a [u8], &'a [u8])> {
    let passes = fields.iter().filter(|field| field.id == FieldId::Other && !field.hop_only);
    passes.map(|field| (field.name.of(bytes), field.value.of(bytes))).collect()
}
