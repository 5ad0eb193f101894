//! What must hold for every sequence of bytes that is taken for a response head.
//!
//! One function, called by the fuzzer and by plain tests over the seeds.

use supplex_engine::config::HeaderEdits;
use supplex_engine::http1::{
    Coding, Field, FieldId, Framing, Limits, Method, ResponseContext, ResponseHead, Version, write_interim,
    write_response,
};

const LIMITS: Limits = Limits { bytes: 8 * 1024, fields: 64 };

/// Room for what the gateway adds.
const LARGER: Limits = Limits { bytes: 16 * 1024, fields: 80 };

/// Parses `data`; whether it begins with an acceptable head. Panics when a law is broken.
pub(crate) fn check(data: &[u8]) -> bool {
    let mut head = ResponseHead::new();
    let found = head.parse(data, LIMITS, Method::Get);
    let mut to_head = ResponseHead::new();
    assert_eq!(to_head.parse(data, LIMITS, Method::Head), found, "the method decides about the body alone");
    let length = match found {
        Err(_) => return false,
        Ok(None) => {
            assert!(data.len() < LIMITS.bytes, "more bytes are asked for than the limit allows");
            return false;
        }
        Ok(Some(length)) => length,
    };
    assert_eq!(to_head.framing(), Framing::None);
    let bytes = &data[..length];
    assert!(bytes.ends_with(b"\r\n\r\n"));
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' => assert_eq!(bytes[at - 1], b'\r', "bare LF"),
            b'\r' => assert_eq!(bytes[at + 1], b'\n', "bare CR"),
            b' ' | b'\t' => assert!(at > 0 && bytes[at - 1] != b'\n', "folded line"),
            _ => assert!(*byte >= 0x20 && *byte != 0x7f, "control character"),
        }
    }
    let step = 1 + bytes.len() / 64;
    for cut in (0..bytes.len()).step_by(step).chain([bytes.len() - 1]) {
        assert_eq!(to_head.parse(&bytes[..cut], LIMITS, Method::Get), Ok(None), "cut at {cut}");
    }
    forwarded_means_the_same(&head, bytes);
    true
}

fn forwarded_means_the_same(head: &ResponseHead, bytes: &[u8]) {
    let mut out = Vec::new();
    if head.status() < 200 {
        write_interim(&mut out, head, bytes);
    } else {
        let cx = ResponseContext {
            head,
            bytes,
            edits: &HeaderEdits::default(),
            request_id: b"id",
            date: b"Tue, 15 Nov 1994 08:12:31 GMT",
            close: head.framing() == Framing::UntilClose,
            client: Version::Http11,
            coding: Coding::Keep,
            limited: None,
            instead_of: None,
        };
        write_response(&mut out, &cx);
    }
    let mut again = ResponseHead::new();
    let found = again.parse(&out, LARGER, Method::Get);
    assert_eq!(found, Ok(Some(out.len())), "{}", String::from_utf8_lossy(&out));
    assert_eq!(again.version(), Version::Http11);
    assert_eq!(again.status(), head.status());
    assert_eq!(again.framing(), head.framing());
    assert_eq!(end_to_end(again.fields(), &out), end_to_end(head.fields(), bytes));
    if head.status() >= 200 {
        assert_eq!(again.keep_alive(), again.framing() != Framing::UntilClose);
        assert!(again.field(&out, FieldId::Date).is_some());
    }
}

/// The fields that the gateway has no business with.
fn end_to_end<'a>(fields: &[Field], bytes: &'a [u8]) -> Vec<(&'a [u8], &'a [u8])> {
    let passes = fields.iter().filter(|field| field.id == FieldId::Other && !field.hop_only);
    passes.map(|field| (field.name.of(bytes), field.value.of(bytes))).collect()
}
