//! What must hold for every sequence of bytes that is taken for a chunked body.
//!
//! One function, called by the fuzzer and by plain tests over the seeds.

use supplex_engine::http1::{BodyDecoder, Coding, Framing, Step, Violation};

/// What became of an input.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    forwarded: Vec<u8>,
    payload: u64,
    taken: usize,
    done: bool,
}

/// Decodes `data`; whether it begins with a complete body. Panics when a law is broken.
pub(crate) fn check(data: &[u8]) -> bool {
    let whole = run(data, Coding::Keep, usize::MAX);
    let stripped = run(data, Coding::Strip, usize::MAX);
    for size in [1, 2, 3, 7, 64] {
        assert_eq!(run(data, Coding::Keep, size), whole, "in pieces of {size}");
        assert_eq!(run(data, Coding::Strip, size), stripped, "stripped, in pieces of {size}");
    }
    let (kept, stripped) = match (whole, stripped) {
        (Ok(kept), Ok(stripped)) => (kept, stripped),
        (kept, stripped) => {
            assert_eq!(kept.err(), stripped.err(), "what is forwarded does not decide what is acceptable");
            return false;
        }
    };
    assert_eq!((kept.taken, kept.done, kept.payload), (stripped.taken, stripped.done, stripped.payload));
    assert_eq!(stripped.forwarded.len() as u64, stripped.payload);
    let again = run(&kept.forwarded, Coding::Keep, usize::MAX).expect("what was forwarded is acceptable");
    assert_eq!(again.forwarded, kept.forwarded, "nothing is left to drop");
    assert_eq!((again.payload, again.done), (kept.payload, kept.done));
    if kept.done {
        assert_eq!(simplest(&kept.forwarded), stripped.forwarded);
    } else {
        assert_eq!(kept.taken, data.len());
    }
    kept.done
}

fn run(data: &[u8], coding: Coding, size: usize) -> Result<Outcome, Violation> {
    let mut body = BodyDecoder::new(Framing::Chunked, coding);
    let mut found = Outcome { forwarded: Vec::new(), payload: 0, taken: 0, done: false };
    for piece in data.chunks(size) {
        let mut rest = piece;
        loop {
            let count = match body.step(rest)? {
                Step::Forward(count) => {
                    found.forwarded.extend_from_slice(&rest[..count]);
                    count
                }
                Step::Drop(count) => count,
                Step::More => break assert!(rest.is_empty()),
                Step::End => break,
            };
            assert!(count > 0, "every step makes progress");
            found.taken += count;
            rest = &rest[count..];
        }
        if body.is_done() {
            break;
        }
    }
    found.payload = body.data_bytes();
    found.done = body.is_done();
    assert_eq!(body.at_close().is_ok(), found.done);
    Ok(found)
}

/// The payload of a complete body without extensions, in the simplest way there is.
fn simplest(mut body: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    loop {
        let end = body.windows(2).position(|pair| pair == b"\r\n").expect("a size line");
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).expect("digits"), 16).expect("a size");
        body = &body[end + 2..];
        if size == 0 {
            return payload;
        }
        payload.extend_from_slice(&body[..size]);
        assert_eq!(&body[size..size + 2], b"\r\n");
        body = &body[size + 2..];
    }
}
