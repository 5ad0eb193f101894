//! The combined format is what programs that know it expect, whatever clients send.

use regex_automata::meta::Regex;

use super::Logged;
use crate::harness::{Client, Upstream};

/// As log analysers have it; texts in quotes hold no quote that is not escaped.
const COMBINED: &str = r#"^(\S+) - - \[(\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4})\] "((?:[^"\\]|\\.)*)" (\d{3}|-) (\d+|-) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"$"#;

fn parsed(line: &str) -> Vec<String> {
    let regex = Regex::new(COMBINED).expect("a pattern");
    let mut found = regex.create_captures();
    regex.captures(line, &mut found);
    assert!(found.is_match(), "{line}");
    (1..=7).map(|group| line[found.get_group(group).expect("a group").range()].to_owned()).collect()
}

#[test]
fn every_line_is_parsed_by_what_reads_the_format() {
    let upstream = Upstream::saying("hello");
    let logged = Logged::start(&upstream, "format = \"combined\"");
    let mut client = Client::connect(&logged.gateway);
    let fields = "Referer: https://shop.test/a?b=c\r\nUser-Agent: Mozilla/5.0 (X11; \"quoted\" back\\slash)\r\n";
    let head = format!("GET /shop/1?q=%22 HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
    client.request(head);
    Client::connect(&logged.gateway).request("GET /shop/2 HTTP/1.0\r\nHost: h\r\n\r\n");
    client.send("HEAD /none HTTP/1.1\r\nHost: h\r\n\r\n");
    client.response_to_head();
    Client::connect(&logged.gateway).request("GET /shop\x01 HTTP/1.1\r\nHost: h\r\n\r\n");
    let lines: Vec<_> = logged.lines(4).iter().map(|line| parsed(line)).collect();
    let [first, second, head, malformed] = &lines[..] else { panic!("{lines:?}") };
    assert!(lines.iter().all(|line| line[0] == "127.0.0.1" && line[1].ends_with(" +0000")), "{lines:?}");
    assert_eq!(first[2..5], ["GET /shop/1?q=%22 HTTP/1.1", "200", "5"]);
    assert_eq!(first[5], "https://shop.test/a?b=c");
    assert_eq!(first[6], r#"Mozilla/5.0 (X11; \"quoted\" back\\slash)"#);
    assert_eq!(second[2..], ["GET /shop/2 HTTP/1.0", "200", "5", "-", "-"]);
    assert_eq!(head[2..5], ["HEAD /none HTTP/1.1", "404", "-"], "nothing was sent of the body");
    assert_eq!((&*malformed[2], &*malformed[3]), ("-", "400"));
}
