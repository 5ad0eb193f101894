//! However a message is cut into pieces, it is read the same.

use proptest::collection::vec;
use proptest::prelude::*;
use supplex_engine::http1::{BodyDecoder, Coding, Framing, Limits, Method, RequestHead, ResponseHead, Step};

use crate::messages::{chunked_body, request_head, response_head};

const LIMITS: Limits = Limits { bytes: 16 * 1024, fields: 64 };

/// Feeds `message` cut at the given sizes; forwarded bytes, bytes taken, payload.
fn follow(framing: Framing, coding: Coding, message: &[u8], sizes: &[usize]) -> (Vec<u8>, usize, u64) {
    let mut body = BodyDecoder::new(framing, coding);
    let (mut forwarded, mut taken) = (Vec::new(), 0);
    let mut sizes = sizes.iter().copied().chain(std::iter::repeat(message.len().max(1)));
    let mut rest = message;
    while !rest.is_empty() {
        let (mut piece, after) = rest.split_at(sizes.next().unwrap().min(rest.len()));
        rest = after;
        loop {
            let count = match body.step(piece).expect("the message is valid") {
                Step::Forward(count) => {
                    forwarded.extend_from_slice(&piece[..count]);
                    count
                }
                Step::Drop(count) => count,
                Step::More => break,
                Step::End => return (forwarded, taken, body.data_bytes()),
            };
            taken += count;
            piece = &piece[count..];
        }
    }
    (forwarded, taken, body.data_bytes())
}

proptest! {
    #[test]
    fn a_request_head_is_complete_exactly_at_its_end(head in request_head(), more in vec(any::<u8>(), 0..20)) {
        let mut parsed = RequestHead::new();
        for cut in 0..head.len() {
            prop_assert_eq!(parsed.parse(&head[..cut], LIMITS), Ok(None));
        }
        prop_assert_eq!(parsed.parse(&head, LIMITS), Ok(Some(head.len())));
        let whole = format!("{parsed:?}");
        let longer = [&head[..], &more].concat();
        prop_assert_eq!(parsed.parse(&longer, LIMITS), Ok(Some(head.len())));
        prop_assert_eq!(format!("{parsed:?}"), whole);
    }

    #[test]
    fn a_response_head_is_complete_exactly_at_its_end(head in response_head(), more in vec(any::<u8>(), 0..20)) {
        let mut parsed = ResponseHead::new();
        for cut in 0..head.len() {
            prop_assert_eq!(parsed.parse(&head[..cut], LIMITS, Method::Get), Ok(None));
        }
        prop_assert_eq!(parsed.parse(&head, LIMITS, Method::Get), Ok(Some(head.len())));
        let whole = format!("{parsed:?}");
        let longer = [&head[..], &more].concat();
        prop_assert_eq!(parsed.parse(&longer, LIMITS, Method::Get), Ok(Some(head.len())));
        prop_assert_eq!(format!("{parsed:?}"), whole);
    }

    #[test]
    fn a_body_ends_where_it_ends(
        (encoded, _) in chunked_body(),
        next in vec(any::<u8>(), 0..20),
        sizes in vec(1..30_usize, 0..40),
        strip in any::<bool>(),
    ) {
        let coding = if strip { Coding::Strip } else { Coding::Keep };
        let message = [&encoded[..], &next].concat();
        for framing in [Framing::Chunked, Framing::Length(encoded.len() as u64), Framing::UntilClose, Framing::None] {
            let whole = follow(framing, coding, &message, &[]);
            prop_assert_eq!(&follow(framing, coding, &message, &sizes), &whole);
            let length = match framing {
                Framing::Chunked | Framing::Length(_) => encoded.len(),
                Framing::UntilClose => message.len(),
                Framing::None => 0,
            };
            prop_assert_eq!(whole.1, length);
        }
    }
}
