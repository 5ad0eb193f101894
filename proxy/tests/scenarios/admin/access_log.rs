//! The access log: one line of JSON for every request.

use std::fs;

use serde_json::Value;

use crate::harness::{Client, Config, Gateway, Upstream, wait_for};

#[test]
fn one_line_for_every_request() {
    let upstream = Upstream::saying("hello");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("access.log");
    let address = upstream.address();
    let gateway = Gateway::start(&Config::of(&format!(
        "[[routes]]\nname = \"shop\"\nmatch = {{ prefix = \"/shop\" }}\nupstream = \"up\"\n\
         [upstreams.up]\nendpoints = [\"{address}\"]\n\
         [telemetry]\naccess_log = {{ path = \"{}\", format = \"json\" }}\n",
        path.display()
    )));
    let mut client = Client::connect(&gateway);
    for number in 0..50 {
        let head = format!("POST /shop/{number}?q=1 HTTP/1.1\r\nHost: h\r\nX-Request-Id: id-{number}\r\n");
        assert_eq!(client.request(head + "Content-Length: 3\r\n\r\nabc").text(), "hello");
    }
    let refused = client.request("GET /none HTTP/1.1\r\nHost: h\r\nX-Request-Id: lost\r\n\r\n");
    let lines = wait_for("every line", || {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let lines: Vec<_> = text.split_inclusive('\n').map(str::to_owned).collect();
        (lines.len() >= 51 && text.ends_with('\n')).then_some(lines)
    });
    assert_eq!(lines.len(), 51);
    let read = |line: &String| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let lines: Vec<_> = lines.iter().map(read).collect();
    for (number, line) in lines[..50].iter().enumerate() {
        assert_eq!(line["request_id"], format!("id-{number}"), "in the order of the requests");
        assert_eq!(line["target"], format!("/shop/{number}?q=1"));
        assert_eq!((&line["method"], &line["status"]), (&"POST".into(), &200.into()), "{line}");
        assert_eq!((&line["route"], &line["upstream"]), (&"shop".into(), &"up".into()), "{line}");
        assert_eq!((&line["client"], &line["endpoint"]), (&"127.0.0.1".into(), &address.as_str().into()), "{line}");
        assert_eq!((&line["received_bytes"], &line["sent_bytes"]), (&3.into(), &5.into()), "{line}");
        assert!(line["reason"].is_null(), "{line}");
        assert!(line["overhead_us"].as_u64() <= line["duration_us"].as_u64(), "{line}");
        assert!(line["time_ms"].as_u64().is_some_and(|time| time > 1_600_000_000_000), "{line}");
    }
    let lost = &lines[50];
    assert_eq!((&lost["request_id"], &lost["status"]), (&"lost".into(), &404.into()), "{lost}");
    assert_eq!(lost["reason"], "route.none");
    assert_eq!(lost["sent_bytes"], refused.body.len());
    assert!(lost["route"].is_null() && lost["upstream"].is_null(), "{lost}");
    assert_eq!(gateway.metric("supplex_access_log_dropped_total"), Some(0.0));

    // Rotation: after a rename and a signal, the log goes on in a new file.
    fs::rename(&path, folder.path().join("access.log.1")).expect("renamed");
    gateway.signal("HUP");
    wait_for("a new file", || path.exists().then_some(()));
    client.get("/shop/again");
    wait_for("the line in the new file", || fs::read_to_string(&path).ok().filter(|text| text.contains("/shop/again")));
    assert_eq!(fs::read_to_string(folder.path().join("access.log.1")).expect("the old one").lines().count(), 51);
}
