//! `OPTIONS *` is about the server as a whole and goes on as it is.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn options_asterisk() {
    let upstream = Upstream::echoing();
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for target in ["*", "http://h"] {
        let response = client.request(format!("OPTIONS {target} HTTP/1.1\r\nHost: h\r\n\r\n"));
        assert_eq!(response.text(), "0 OPTIONS * ");
    }
}
