//! 103 and other interim responses reach the client, in front of the final response.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn early_hints() {
    let upstream = Upstream::answering(
        "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nConnection: x-hop\r\nX-Hop: 1\r\n\r\n\
         HTTP/1.1 102 Processing\r\n\r\n\
         HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    );
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for _ in 0..3 {
        let hints = client.get("/");
        assert_eq!((hints.status(), hints.field("link")), (103, Some("</a.css>; rel=preload")));
        assert_eq!((hints.field("x-hop"), hints.field("connection")), (None, None));
        assert_eq!(client.response().status(), 102);
        assert_eq!(client.response().text(), "ok");
    }
    assert_eq!(upstream.connections(), 1);
}

#[test]
fn byte_by_byte() {
    let upstream = Upstream::run(|peer| {
        while peer.request().is_some() {
            peer.send_in(
                1,
                "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            );
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    assert_eq!(client.get("/").status(), 103);
    assert_eq!(client.response().text(), "ok");
}
