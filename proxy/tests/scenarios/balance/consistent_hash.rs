//! `consistent_hash` keeps a key at one endpoint, alike in every gateway, and moves only the keys of one that leaves.

use std::collections::{BTreeMap, HashSet};

use crate::harness::{Client, Config, Gateway, Upstream};

const KEYS: usize = 90;

fn config(upstreams: &[&Upstream], more: &str) -> Config {
    let addresses: Vec<_> = upstreams.iter().map(|upstream| upstream.address()).collect();
    Config::to_endpoints(&addresses).upstream("balance = \"consistent_hash\"").upstream(more)
}

/// Who answers each key, asked on several connections.
fn homes(gateway: &Gateway, field: impl Fn(usize) -> String) -> BTreeMap<usize, String> {
    let mut clients = [Client::connect(gateway), Client::connect(gateway)];
    let home = |key: usize| {
        let request = format!("GET / HTTP/1.1\r\nHost: h\r\n{}\r\n\r\n", field(key));
        let [one, other] = clients.each_mut().map(|client| client.request(&request).text().to_owned());
        assert_eq!(one, other, "a key has one endpoint");
        (key, one)
    };
    (0..KEYS).map(home).collect()
}

#[test]
fn a_key_stays_and_few_move() {
    let [a, b, c] = ["a", "b", "c"].map(Upstream::saying);
    let all = config(&[&a, &b, &c], "hash_key = \"header:x-user\"");
    let gateway = Gateway::start(&all);
    let field = |key: usize| format!("X-User: u{key}");
    let before = homes(&gateway, field);
    assert_eq!(before.values().collect::<HashSet<_>>().len(), 3, "all of them have keys");
    // In another order and by another process, for it is the same to both.
    let other = Gateway::start(&config(&[&c, &a, &b], "hash_key = \"header:x-user\"").gateway("workers = 2"));
    assert_eq!(homes(&other, field), before);

    gateway.rewrite(&config(&[&a, &c], "hash_key = \"header:x-user\"").text());
    assert_eq!(gateway.admin("POST", "/api/reload").status(), 200);
    gateway.wait_for_generation(2);
    for (key, home) in homes(&gateway, field) {
        assert!(home == before[&key] || before[&key] == "b", "key {key} moved from {} to {home}", before[&key]);
    }
    gateway.rewrite(&all.text());
    assert_eq!(gateway.admin("POST", "/api/reload").status(), 200);
    gateway.wait_for_generation(3);
    assert_eq!(homes(&gateway, field), before, "they come back with their endpoint");
}

#[test]
fn by_cookie_and_by_client() {
    let [a, b, c] = ["a", "b", "c"].map(Upstream::saying);
    let gateway = Gateway::start(&config(&[&a, &b, &c], "hash_key = \"cookie:session\""));
    let answers = homes(&gateway, |key| format!("Cookie: theme=dark; session=s{key}"));
    assert_eq!(answers.values().collect::<HashSet<_>>().len(), 3);
    let alike = homes(&gateway, |key| format!("Cookie: other=s{key}"));
    assert_eq!(alike.values().collect::<HashSet<_>>().len(), 1, "without the cookie the client counts");

    let trusting = config(&[&a, &b, &c], "").gateway("trusted_proxies = [\"127.0.0.1\"]");
    let gateway = Gateway::start(&trusting);
    let answers = homes(&gateway, |key| format!("X-Forwarded-For: 192.0.2.{key}"));
    assert_eq!(answers.values().collect::<HashSet<_>>().len(), 3, "clients behind a trusted proxy are told apart");
}
