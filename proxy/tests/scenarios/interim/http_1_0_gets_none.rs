//! HTTP/1.0 knows no interim responses: they are kept from such a client, and so is its `Expect` from the upstream.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn http_1_0_gets_none() {
    let upstream = Upstream::answering(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n\
         HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    );
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let response = client.request("PUT / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi");
    assert_eq!((response.status(), response.text()), (200, "ok"));
    client.expect_end();
    assert_eq!(upstream.seen().message.field("expect"), None);
}
