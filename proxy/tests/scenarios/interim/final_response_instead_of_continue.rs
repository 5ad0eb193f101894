//! An upstream that does not want the body answers at once. The client cannot tell the gateway whether the body still
//! comes, so both connections end.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn final_response_instead_of_continue() {
    let upstream = Upstream::run(|peer| {
        while let Some(request) = peer.request_head() {
            if request.field("expect").is_some() {
                peer.send("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno");
            } else {
                peer.answer("");
            }
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let response = client.request("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!((response.status(), response.text()), (401, "no"));
    assert_eq!(response.field("www-authenticate"), Some("Basic"));
    assert_eq!(response.field("connection"), Some("close"));
    client.expect_end();
    drop(client);
    assert_eq!(Client::connect(&gateway).get("/").status(), 200);
    let connections: Vec<_> = upstream.seen_so_far().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0, 1], "the first connection still waits for a body");
}
