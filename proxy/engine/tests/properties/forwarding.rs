//! A head that was accepted and written anew is accepted again and means the same.
//!
//! The laws themselves are the checks of the fuzz targets; here the messages are valid, so all of them must be accepted.

use proptest::prelude::*;
use supplex_engine::auth::Vouched;
use supplex_engine::config::{HeaderEdits, Rewrite};
use supplex_engine::http1::{Limits, RequestContext, RequestHead, write_request};

use crate::arbitrary_bytes::{request_head as check_request, response_head as check_response};
use crate::messages::{request_head, response_head};

const LIMITS: Limits = Limits { bytes: 16 * 1024, fields: 80 };

fn forward(head: &RequestHead, bytes: &[u8], edits: &HeaderEdits) -> Vec<u8> {
    let mut out = Vec::new();
    let cx = RequestContext {
        head,
        bytes,
        rewrite: &Rewrite::default(),
        edits,
        vouched: Vouched::default(),
        client: [192, 0, 2, 1].into(),
        trusted: false,
        secure: false,
        request_id: b"id",
        deadline_ms: Some(1_500),
        trace: None,
    };
    let _ = write_request(&mut out, &cx);
    out
}

proptest! {
    #[test]
    fn requests_mean_the_same(head in request_head()) {
        prop_assert!(check_request::check(&head), "a valid head was refused");
    }

    #[test]
    fn responses_mean_the_same(head in response_head()) {
        prop_assert!(check_response::check(&head), "a valid head was refused");
    }

    #[test]
    fn edits_do_what_they_say_and_leave_the_framing(bytes in request_head()) {
        let edits = HeaderEdits {
            remove: vec!["accept".into(), "content-length".into(), "via".into()],
            set: vec![("cookie".into(), "none".into()), ("x-new".into(), "1".into()), ("transfer-encoding".into(), "x".into())],
        };
        let mut head = RequestHead::new();
        prop_assert_eq!(head.parse(&bytes, LIMITS), Ok(Some(bytes.len())));
        let out = forward(&head, &bytes, &edits);
        let mut again = RequestHead::new();
        prop_assert_eq!(again.parse(&out, LIMITS), Ok(Some(out.len())));
        prop_assert_eq!(again.framing(), head.framing());
        prop_assert_eq!(again.find(&out, "accept"), None);
        prop_assert_eq!(again.find(&out, "via"), None);
        prop_assert_eq!(again.find(&out, "cookie"), Some(&b"none"[..]));
        prop_assert_eq!(again.find(&out, "x-new"), Some(&b"1"[..]));
    }

    #[test]
    fn forwarding_twice_adds_one_hop(bytes in request_head()) {
        let mut head = RequestHead::new();
        prop_assert_eq!(head.parse(&bytes, LIMITS), Ok(Some(bytes.len())));
        let once = forward(&head, &bytes, &HeaderEdits::default());
        prop_assert_eq!(head.parse(&once, LIMITS), Ok(Some(once.len())));
        let twice = forward(&head, &once, &HeaderEdits::default());
        prop_assert_eq!(twice.len(), once.len() + "via: 1.1 supplex\r\n".len());
    }
}
