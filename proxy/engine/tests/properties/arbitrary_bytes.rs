//! No sequence of bytes makes the parsers panic or break a law: messages with damage, and plain noise.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::messages::{chunked_body, damaged, path, request_head as valid_request, response_head as valid_response};

#[path = "../../../fuzz/checks/chunked.rs"]
mod chunked;
#[path = "../../../fuzz/checks/request_head.rs"]
pub(crate) mod request_head;
#[path = "../../../fuzz/checks/response_head.rs"]
pub(crate) mod response_head;
#[path = "../../../fuzz/checks/target.rs"]
mod target;

proptest! {
    #[test]
    fn noise(bytes in vec(any::<u8>(), 0..200)) {
        request_head::check(&bytes);
        response_head::check(&bytes);
        chunked::check(&bytes);
        target::check(&bytes);
    }

    #[test]
    fn damaged_requests(bytes in damaged(valid_request())) {
        request_head::check(&bytes);
    }

    #[test]
    fn damaged_responses(bytes in damaged(valid_response())) {
        response_head::check(&bytes);
    }

    #[test]
    fn damaged_chunked_bodies(bytes in damaged(chunked_body().prop_map(|(encoded, _)| encoded))) {
        chunked::check(&bytes);
    }

    #[test]
    fn damaged_targets(bytes in damaged(path().prop_map(String::into_bytes))) {
        target::check(&bytes);
    }
}
