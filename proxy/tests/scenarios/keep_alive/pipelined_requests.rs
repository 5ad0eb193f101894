//! Requests that are sent without waiting are answered one by one, in their order.

use crate::harness::{Client, Config, Gateway, Upstream, assert_problem};

#[test]
fn all_at_once() {
    let upstream = Upstream::echoing();
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let mut requests = String::new();
    for number in 0..20 {
        requests += &format!("GET /get/{number} HTTP/1.1\r\nHost: h\r\n\r\n");
        requests += &format!("POST /length/{number} HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
        requests += &format!("PUT /chunks/{number} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
        requests += "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
    }
    client.send(requests);
    for number in 0..20 {
        assert_eq!(client.response().text(), format!("0 GET /get/{number} "));
        assert_eq!(client.response().text(), format!("0 POST /length/{number} hello"));
        assert_eq!(client.response().text(), format!("0 PUT /chunks/{number} hello"));
    }
}

#[test]
fn byte_by_byte() {
    let upstream = Upstream::echoing();
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    client.send_in(
        1,
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\nHost: h\r\n\r\n\
         \r\nGET /c HTTP/1.1\r\nHost: h\r\n\r\n",
    );
    assert_eq!(client.response().text(), "0 POST /a hello");
    assert_eq!(client.response().text(), "0 GET /b ");
    assert_eq!(client.response().text(), "0 GET /c ", "an empty line between requests is no fault");
}

#[test]
fn replies_of_the_gateway_keep_their_place() {
    let upstream = Upstream::echoing();
    let config = Config::of(&format!(
        "[[routes]]\nname = \"a\"\nmatch = {{ prefix = \"/a\" }}\nupstream = \"up\"\n\
         [upstreams.up]\nendpoints = [\"{}\"]",
        upstream.address()
    ));
    let gateway = Gateway::start(&config);
    let mut client = Client::connect(&gateway);
    let get = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n");
    client.send(get("/a/1") + &get("/nothing-here") + &get("/a/2") + "BROKEN\r\n\r\n" + &get("/a/3"));
    assert_eq!(client.response().text(), "0 GET /a/1 ");
    assert_problem(&client.response(), 404, "route.none");
    assert_eq!(client.response().text(), "0 GET /a/2 ");
    assert_problem(&client.response(), 400, "request.malformed");
    client.expect_end();
}
