//! An upstream that does not switch answers as to any request, and both connections go on.

use super::ASK;
use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn refused() {
    let upstream = Upstream::answering("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno");
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for _ in 0..3 {
        let response = client.request(ASK);
        assert_eq!((response.status(), response.text()), (426, "no"));
        assert_eq!(response.field("connection"), None);
    }
    assert_eq!(upstream.connections(), 1);
}
