//! What is not the gateway's business goes through byte for byte: order, case and repetition of fields, odd reason
//! phrases, unknown status codes, the query.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn unchanged() {
    let upstream = Upstream::answering(
        "HTTP/1.1 299 Fine & Dandy\r\nSET-cookie: a=1\r\nX-Mixed: \"q, r\"  ;s\r\nSet-Cookie: b=2\r\nX-Empty:\r\n\
         Content-Length: 0\r\n\r\n",
    );
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let response = client.request(
        "GET /a;b=c/%2F%20?q=%7e&x=/../y&&= HTTP/1.1\r\nHost: h\r\naccept: */*\r\nCookie: a=1\r\nX-B: 2\r\ncookie: b=2\r\n\
         Authorization: Basic YTpi\r\nX-A: 1\r\n\r\n",
    );
    assert_eq!(response.start, "HTTP/1.1 299 Fine & Dandy");
    let raw = String::from_utf8_lossy(&response.raw);
    let block = "SET-cookie: a=1\r\nX-Mixed: \"q, r\"  ;s\r\nSet-Cookie: b=2\r\nX-Empty:\r\nContent-Length: 0\r\n";
    assert!(raw.contains(block), "{raw}");
    let seen = upstream.seen().message;
    assert_eq!(seen.target(), "/a;b=c/%2F%20?q=%7e&x=/../y&&=");
    let raw = String::from_utf8_lossy(&seen.raw);
    let block = "accept: */*\r\nCookie: a=1\r\nX-B: 2\r\ncookie: b=2\r\nAuthorization: Basic YTpi\r\nX-A: 1\r\n";
    assert!(raw.contains(block), "{raw}");
}
