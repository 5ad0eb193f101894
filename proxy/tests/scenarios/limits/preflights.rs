//! CORS preflights are not counted; other OPTIONS requests are.

use super::ask;
use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn preflights() {
    let upstream = Upstream::saying("ok");
    let limit = "[limits.slow]\nrate = \"1/h\"\nburst = 1";
    let gateway = Gateway::start(&Config::to(&upstream).route("limits = [\"slow\"]").and(limit));
    let mut client = Client::connect(&gateway);
    let options = |more: &str| format!("OPTIONS / HTTP/1.1\r\nHost: h\r\nOrigin: https://shop.test\r\n{more}\r\n");
    for _ in 0..5 {
        let response = client.request(options("Access-Control-Request-Method: POST\r\n"));
        assert_eq!((response.status(), response.field("ratelimit")), (200, None));
    }
    assert_eq!(client.request(options("")).status(), 200);
    assert_eq!(ask(&mut client), 429);
}
