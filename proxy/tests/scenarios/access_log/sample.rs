//! A sample leaves out what went well, by the request's id, and never what failed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Logged;
use crate::harness::{Client, Upstream};

const REQUESTS: usize = 600;

/// Every tenth request fails in the upstream, every tenth one is answered by the gateway.
fn ask(logged: &Logged) {
    let mut client = Client::connect(&logged.gateway);
    for number in 0..REQUESTS {
        let path = match number % 10 {
            0 => "/shop/fails",
            1 => "/none",
            _ => "/shop",
        };
        client.request(format!("GET {path} HTTP/1.1\r\nHost: h\r\nX-Request-Id: id-{number}\r\n\r\n"));
    }
}

fn upstream() -> Upstream {
    Upstream::run(|peer| {
        while let Some(request) = peer.request() {
            match request.start.contains("fails") {
                true => peer.send("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"),
                false => peer.answer("hello"),
            }
        }
    })
}

/// The ids of the lines, by whether they had to be kept.
fn ids(lines: &[String]) -> (BTreeSet<String>, BTreeSet<String>) {
    let read = |line: &String| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let (bad, good): (Vec<Value>, Vec<Value>) = lines.iter().map(read).partition(|line| line["status"] != 200);
    let id = |line: Value| line["request_id"].as_str().expect("an id").to_owned();
    (bad.into_iter().map(id).collect(), good.into_iter().map(id).collect())
}

#[test]
fn all_errors_and_a_sample_of_the_rest() {
    let upstream = upstream();
    let (tenth, none) = (Logged::start(&upstream, "sample = 0.1"), Logged::start(&upstream, "sample = 0"));
    for logged in [&tenth, &none] {
        ask(logged);
        // The last line of all is known to be kept, and one worker writes in the order of the requests.
        Client::connect(&logged.gateway).get("/none?last");
    }
    let all = |logged: &Logged| {
        crate::harness::wait_for("the last line", || {
            let text = std::fs::read_to_string(&logged.path).ok()?;
            (text.contains("/none?last") && text.ends_with('\n')).then(|| text.lines().map(str::to_owned).collect())
        })
    };
    let lines: Vec<String> = all(&none);
    assert_eq!(ids(&lines[..lines.len() - 1]).0.len(), REQUESTS / 5, "what failed is all there");
    assert_eq!(lines.len(), REQUESTS / 5 + 1, "and nothing else");
    let lines: Vec<String> = all(&tenth);
    let (bad, good) = ids(&lines[..lines.len() - 1]);
    assert_eq!(bad.len(), REQUESTS / 5);
    // The ids decide, and these are always the same.
    assert!((20..=90).contains(&good.len()), "{} of {}", good.len(), REQUESTS * 4 / 5);

    let again = Logged::start(&upstream, "sample = 0.1");
    ask(&again);
    Client::connect(&again.gateway).get("/none?last");
    let lines: Vec<String> = all(&again);
    assert_eq!(ids(&lines[..lines.len() - 1]).1, good, "another gateway keeps the same");
}
