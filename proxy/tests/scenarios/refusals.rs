//! Requests that the gateway does not forward: each is answered with a clear problem, and no upstream sees any of it.

mod bad_body_later;
mod body_too_large;
mod head_too_large;
mod malformed_requests;
mod methods;
mod other_protocols;
mod slow_head;

use crate::harness::{Client, Config, Gateway, Upstream, assert_problem};

/// Sends each of `requests` on a connection of its own. Asserts that it is refused with its status and reason, that the
/// connection ends behind the refusal, and that the upstream sees nothing at all.
fn assert_refused(config: impl Fn(&Upstream) -> Config, requests: &[(impl AsRef<[u8]>, u16, &str)]) {
    let upstream = Upstream::saying("forwarded");
    let gateway = Gateway::start(&config(&upstream));
    for (request, status, reason) in requests {
        let request = request.as_ref();
        println!("{:?}", String::from_utf8_lossy(request));
        let mut client = Client::connect(&gateway);
        let response = client.request(request);
        assert_problem(&response, *status, reason);
        assert!(response.field("x-request-id").is_some());
        assert_eq!(response.field("connection"), Some("close"));
        client.expect_end();
    }
    // One worker does one thing after another: had anything been forwarded, it would come before this.
    assert_eq!(Client::connect(&gateway).get("/good").text(), "forwarded");
    let seen = upstream.seen();
    assert_eq!((seen.connection, seen.message.target()), (0, "/good"));
    assert!(upstream.seen_so_far().is_empty());
    assert_eq!(upstream.connections(), 1);
}
