//! Decoding a chunked body gives what was encoded.

use proptest::collection::vec;
use proptest::prelude::*;
use supplex_engine::http1::{BodyDecoder, Coding, Framing, Step};

use crate::messages::chunked_body;

/// Everything that is forwarded of a complete body that arrives in pieces of these sizes, over and over.
fn decode(encoded: &[u8], coding: Coding, sizes: &[usize]) -> (Vec<u8>, BodyDecoder) {
    let mut body = BodyDecoder::new(Framing::Chunked, coding);
    let mut forwarded = Vec::new();
    let mut rest = encoded;
    for size in sizes.iter().cycle() {
        let (mut piece, after) = rest.split_at((*size).min(rest.len()));
        rest = after;
        while !piece.is_empty() {
            match body.step(piece).expect("the body is valid") {
                Step::Forward(count) => {
                    forwarded.extend_from_slice(&piece[..count]);
                    piece = &piece[count..];
                }
                Step::Drop(count) => piece = &piece[count..],
                other => panic!("{other:?} within the body"),
            }
        }
        if rest.is_empty() {
            break;
        }
    }
    (forwarded, body)
}

proptest! {
    #[test]
    fn the_payload_comes_back((encoded, payload) in chunked_body(), sizes in vec(1..50_usize, 1..8)) {
        let (forwarded, body) = decode(&encoded, Coding::Strip, &sizes);
        prop_assert!(body.is_done() && body.at_close().is_ok());
        prop_assert_eq!(body.data_bytes(), payload.len() as u64);
        prop_assert_eq!(forwarded, payload);
    }

    #[test]
    fn what_is_kept_decodes_to_the_same((encoded, payload) in chunked_body(), sizes in vec(1..50_usize, 1..8)) {
        let (kept, body) = decode(&encoded, Coding::Keep, &sizes);
        prop_assert!(body.is_done());
        let mut again = BodyDecoder::new(Framing::Chunked, Coding::Keep);
        prop_assert_eq!(again.step(&kept), Ok(Step::Forward(kept.len())), "without extensions it is one piece");
        prop_assert_eq!(decode(&kept, Coding::Strip, &sizes).0, payload);
    }
}
