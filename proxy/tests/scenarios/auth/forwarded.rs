//! Who has a valid token passes, and the upstream learns who it is from the gateway and from nobody else.

use super::issuer::{Issuer, Server, claims};
use super::{config, get};
use crate::harness::{Client, Gateway, Message, Upstream};

const CLAIMED: &str = "X-User-Id: root\r\nx_user_id: root\r\nX-USER-ROLE: admin\r\nX-Other: kept\r\n";

fn identity(message: &Message) -> [Vec<&str>; 3] {
    ["x-user-id", "x_user_id", "x-user-role"].map(|name| message.all(name))
}

#[test]
fn a_valid_token_passes_and_its_claims_replace_what_the_client_says() {
    let issuer = Issuer::new("k1");
    let (server, upstream) = (Server::of(&[&issuer]), Upstream::saying("ok"));
    let gateway = Gateway::start(&config(&upstream, &server.url(), "\"users\""));
    let mut client = Client::connect(&gateway);
    let token = issuer.token("user-7");
    // The second time it is remembered.
    for _ in 0..2 {
        let request = get(&format!("{CLAIMED}Authorization: Bearer {token}\r\n"));
        assert_eq!(client.request(&request).status(), 200);
        let seen = upstream.seen().message;
        assert_eq!(identity(&seen), [vec!["user-7"], vec![], vec!["customer"]]);
        assert_eq!(seen.field("x-other"), Some("kept"));
        assert_eq!(seen.field("authorization"), Some(&*format!("Bearer {token}")));
    }
    let mut without_role = claims("user-8");
    without_role["role"] = serde_json::json!(["admin"]);
    let request = get(&format!("{CLAIMED}Authorization: bearer {}\r\n", issuer.sign(&without_role)));
    assert_eq!(client.request(&request).status(), 200);
    assert_eq!(identity(&upstream.seen().message), [vec!["user-8"], vec![], vec![]], "a list has no single value");

    gateway.wait_for_metric("supplex_auth_decisions_total{auth=\"users\",decision=\"passed\"}", 3.0);
    let document = gateway.document("/api/auth");
    assert_eq!(document["auth"][0]["keys"][0]["kid"], "k1");
    assert_eq!(document["auth"][0]["routes"][0]["route"], "all");
}

#[test]
fn where_a_token_is_optional_nobody_is_nobody() {
    let issuer = Issuer::new("k1");
    let (server, upstream) = (Server::of(&[&issuer]), Upstream::saying("ok"));
    let gateway = Gateway::start(&config(&upstream, &server.url(), "{ name = \"users\", optional = true }"));
    let mut client = Client::connect(&gateway);
    for fields in ["", "Authorization: Basic cm9vdDpyb290\r\n"] {
        assert_eq!(client.request(get(&format!("{CLAIMED}{fields}"))).status(), 200);
        assert_eq!(identity(&upstream.seen().message), [vec![""; 0], vec![], vec![]]);
    }
    let request = get(&format!("{CLAIMED}Authorization: Bearer {}\r\n", issuer.token("user-7")));
    assert_eq!(client.request(&request).status(), 200);
    assert_eq!(identity(&upstream.seen().message), [vec!["user-7"], vec![], vec!["customer"]]);
    gateway.wait_for_metric("supplex_auth_decisions_total{auth=\"users\",decision=\"anonymous\"}", 2.0);
}

#[test]
fn keys_may_be_in_a_file() {
    let (issuer, upstream) = (Issuer::new("k1"), Upstream::saying("ok"));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("jwks.json");
    std::fs::write(&path, serde_json::json!({ "keys": [issuer.jwk()] }).to_string()).expect("a file");
    let gateway = Gateway::start(&config(&upstream, path.to_str().expect("text"), "\"users\""));
    assert_eq!(Client::connect(&gateway).request(super::get_with(&issuer.token("a"))).status(), 200);
}
