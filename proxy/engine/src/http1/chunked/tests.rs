//! The chunked coding, rule by rule.

use super::*;
use crate::auth::Vouched;
use crate::http1::{BodyDecoder, Framing};

/// Forwarded bytes, payload bytes, and how many bytes the body took; with the input cut into pieces of `size`.
fn run(coding: Coding, input: &[u8], size: usize) -> Result<(Vec<u8>, u64, Option<usize>), Violation> {
    let mut body = BodyDecoder::new(Framing::Chunked, coding);
    let (mut out, mut taken) = (Vec::new(), 0);
    for piece in input.chunks(size.max(1)) {
        let mut rest = piece;
        loop {
            let count = match body.step(rest)? {
                Step::Forward(count) => {
                    out.extend_from_slice(&rest[..count]);
                    count
                }
                Step::Drop(count) => count,
                Step::More => break,
                Step::End => return Ok((out, body.data_bytes(), Some(taken))),
            };
            taken += count;
            rest = &rest[count..];
        }
    }
    Ok((out, body.data_bytes(), body.is_done().then_some(taken)))
}

fn refused(input: &str) -> Violation {
    let whole = run(Coding::Keep, input.as_bytes(), input.len()).expect_err(input);
    for size in 1..input.len().min(40) {
        assert_eq!(run(Coding::Keep, input.as_bytes(), size), Err(whole), "{input} in pieces of {size}");
        assert_eq!(run(Coding::Strip, input.as_bytes(), size), Err(whole), "{input} in pieces of {size}");
    }
    whole
}

#[test]
fn a_plain_body_is_one_forward() {
    let input = b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET / HTTP/1.1\r\n";
    let mut body = BodyDecoder::new(Framing::Chunked, Coding::Keep);
    let length = input.len() - b"GET / HTTP/1.1\r\n".len();
    assert_eq!(body.step(input), Ok(Step::Forward(length)));
    assert_eq!(body.step(&input[length..]), Ok(Step::End));
    assert!(body.is_done());
    assert_eq!(body.data_bytes(), 11);
}

#[test]
fn the_parts_survive_any_split_in_both_codings() {
    let input = b"5;a=b;c=\"d\\\"e\"\r\nhello\r\n1 ; x\r\n!\r\n000\r\nDigest: abc\r\nEmpty:\r\n\r\n";
    let kept = b"5\r\nhello\r\n1\r\n!\r\n000\r\nDigest: abc\r\nEmpty:\r\n\r\n";
    for size in 1..=input.len() {
        assert_eq!(run(Coding::Keep, input, size), Ok((kept.to_vec(), 6, Some(input.len()))), "{size}");
        assert_eq!(run(Coding::Strip, input, size), Ok((b"hello!".to_vec(), 6, Some(input.len()))), "{size}");
    }
}

#[test]
fn sizes_are_hexadecimal_digits_and_nothing_else() {
    assert_eq!(run(Coding::Strip, b"A\r\n0123456789\r\n0\r\n\r\n", 99), Ok((b"0123456789".to_vec(), 10, Some(20))));
    for wrong in ["\r\n", "0x5\r\n", "+5\r\n", "-1\r\n", " 5\r\n", "g\r\n", "5_\r\n", ";a\r\n", "5,5\r\n"] {
        assert_eq!(refused(wrong), Violation::ChunkSize, "{wrong}");
    }
    assert_eq!(refused("00000000000000005\r\n"), Violation::ChunkSizeOverflow);
    assert_eq!(refused("10000000000000000\r\n"), Violation::ChunkSizeOverflow);
    assert_eq!(run(Coding::Keep, b"ffffffffffffffff\r\nabc", 99), Ok((b"ffffffffffffffff\r\nabc".to_vec(), 3, None)));
}

#[test]
fn lines_end_with_crlf() {
    assert_eq!(refused("5\nhello\r\n0\r\n\r\n"), Violation::BareLf);
    assert_eq!(refused("5\rhello\r\n0\r\n\r\n"), Violation::BareCr);
    assert_eq!(refused("5;a\nhello\r\n0\r\n\r\n"), Violation::BareLf);
    assert_eq!(refused("5\r\nhello\n0\r\n\r\n"), Violation::ChunkEnd);
    assert_eq!(refused("5\r\nhello\rx"), Violation::ChunkEnd);
    assert_eq!(refused("5\r\nhello0\r\n\r\n"), Violation::ChunkEnd);
    assert_eq!(refused("0\r\n\n"), Violation::BareLf);
    assert_eq!(refused("0\r\n\rx"), Violation::BareCr);
    assert_eq!(refused("0\n\n"), Violation::BareLf);
}

#[test]
fn extensions_follow_their_grammar() {
    for wrong in [
        "5 \r\n",
        "5;\r\n",
        "5;=a\r\n",
        "5;a=\r\n",
        "5;a b\r\n",
        "5;a \r\n",
        "5;a=\"b\r\n",
        "5;a=\"b\"c\r\n",
        "5;a=b=c\r\n",
    ] {
        assert_eq!(refused(wrong), Violation::ChunkExtension, "{wrong}");
    }
    assert_eq!(refused(&format!("5;{}\r\n", "a".repeat(256))), Violation::ChunkExtensionTooLong);
    let longest = format!("1;{}\r\na\r\n0\r\n\r\n", "a".repeat(255));
    assert_eq!(run(Coding::Keep, longest.as_bytes(), 7).map(|found| found.0), Ok(b"1\r\na\r\n0\r\n\r\n".to_vec()));
    let many = format!("{}0\r\n\r\n", "1;abc\r\nx\r\n".repeat(4096));
    assert!(run(Coding::Keep, many.as_bytes(), 999).is_ok());
    let many = format!("{}0\r\n\r\n", "1;abc\r\nx\r\n".repeat(4097));
    assert_eq!(run(Coding::Keep, many.as_bytes(), 999), Err(Violation::ChunkExtensionTooLong));
}

#[test]
fn trailers_are_checked_like_fields() {
    for (trailer, violation) in [
        ("Content-Length: 5\r\n", Violation::TrailerForbidden),
        ("transfer-encoding: chunked\r\n", Violation::TrailerForbidden),
        ("HOST: a\r\n", Violation::TrailerForbidden),
        ("Authorization: b\r\n", Violation::TrailerForbidden),
        ("If-Unmodified-Since: b\r\n", Violation::TrailerForbidden),
        (" a: b\r\n", Violation::ObsFold),
        ("a: b\r\n c\r\n", Violation::ObsFold),
        ("a : b\r\n", Violation::SpaceBeforeColon),
        (": b\r\n", Violation::TrailerInvalid),
        ("a\r\n", Violation::TrailerInvalid),
        ("a: b\0\r\n", Violation::TrailerInvalid),
        ("a: b\n", Violation::BareLf),
        ("a\n", Violation::BareLf),
        ("a: b\rc", Violation::BareCr),
    ] {
        assert_eq!(refused(&format!("0\r\n{trailer}\r\n")), violation, "{trailer}");
    }
    assert_eq!(refused(&format!("0\r\na: {}\r\n\r\n", "b".repeat(4096))), Violation::TrailerTooLarge);
    let longer = b"0\r\nif-unmodified-since-then: x\r\n\r\n";
    assert_eq!(run(Coding::Keep, longer, 99), Ok((longer.to_vec(), 0, Some(longer.len()))));
}

#[test]
fn what_is_vouched_for_is_no_trailer() {
    let fields = [("x-user-id".into(), "sub".into())];
    let vouched = Vouched { fields: &fields, identity: None };
    for (trailer, refused) in [
        ("X-User-Id: root", true),
        ("x_user-ID: root", true),
        ("x-user-i: root", false),
        ("x-user-ids: root", false),
        ("digest: x-user-id: root", false),
    ] {
        let input = format!("1\r\na\r\n0\r\nDigest: b\r\n{trailer}\r\n\r\n");
        for size in 1..=input.len() {
            let mut body = BodyDecoder::new(Framing::Chunked, Coding::Keep);
            let mut result = Ok(());
            for mut rest in input.as_bytes().chunks(size) {
                while result.is_ok() && !rest.is_empty() {
                    match body.step_guarded(rest, |name| vouched.refuses(name)) {
                        Ok(Step::Forward(count) | Step::Drop(count)) => rest = &rest[count..],
                        Ok(Step::More | Step::End) => break,
                        Err(violation) => result = Err(violation),
                    }
                }
            }
            let wanted = if refused { Err(Violation::TrailerForbidden) } else { Ok(()) };
            assert_eq!((result, body.is_done()), (wanted, !refused), "{trailer} in pieces of {size}");
        }
    }
}

#[test]
fn a_close_within_the_body_is_a_truncation() {
    let input = b"5\r\nhello\r\n0\r\n\r\n";
    for cut in 0..input.len() {
        let mut body = BodyDecoder::new(Framing::Chunked, Coding::Keep);
        if cut > 0 {
            assert_eq!(body.step(&input[..cut]), Ok(Step::Forward(cut)));
        }
        assert_eq!(body.step(b""), Ok(Step::More));
        assert_eq!(body.at_close(), Err(Violation::BodyTruncated), "{cut}");
    }
}
