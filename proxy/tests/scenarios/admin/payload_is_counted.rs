//! The access log counts payload: neither heads nor chunk framing, in either direction.

use std::fs;

use serde_json::Value;

use crate::harness::{Client, Config, Gateway, Upstream, wait_for};

#[test]
fn payload_is_counted() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n";
    let upstream = Upstream::answering(chunked);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("access.log");
    let up = upstream.address();
    let gateway = Gateway::start(&Config::of(&format!(
        "[[routes]]\nname = \"all\"\nmatch = {{ prefix = \"/\" }}\nupstream = \"up\"\n\
         [upstreams.up]\nendpoints = [\"{up}\"]\n[telemetry]\naccess_log = {{ path = \"{}\" }}\n",
        path.display()
    )));
    let request = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
    assert_eq!(Client::connect(&gateway).request(request).text(), "abcdefg");
    let text = wait_for("the line", || fs::read_to_string(&path).ok().filter(|text| text.ends_with('\n')));
    let line: Value = serde_json::from_str(&text).expect("one line of JSON");
    assert_eq!((&line["received_bytes"], &line["sent_bytes"]), (&2.into(), &7.into()), "{line}");
}
