//! A reload that changes whose tokens are believed: what held under the old rules is looked at again.

use super::issuer::{Issuer, Server, claims};
use super::{get_with, table};
use crate::harness::{Client, Config, Gateway, Upstream, assert_problem};

#[test]
fn reload() {
    let issuer = Issuer::new("k1");
    let (server, upstream) = (Server::of(&[&issuer]), Upstream::saying("ok"));
    let config = |table: &str| Config::to(&upstream).route("auth = \"users\"").and(table);
    let gateway = Gateway::start(&config(&table(&server.url(), "supplex")));
    let mut client = Client::connect(&gateway);
    let (token, mut other) = (issuer.token("a"), claims("a"));
    other["aud"] = "other".into();
    let other = issuer.sign(&other);
    assert_eq!(client.request(get_with(&token)).status(), 200);

    gateway.rewrite(&config(&table(&server.url(), "other")).text());
    gateway.wait_for_generation(2);
    assert_problem(&client.request(get_with(&token)), 401, "auth.invalid");
    assert_eq!(client.request(get_with(&other)).status(), 200, "with the keys that were there");

    // Another place: its keys are there when the configuration is.
    let (stranger, folder) = (Issuer::new("k1"), tempfile::tempdir().expect("a folder"));
    let path = folder.path().join("jwks.json");
    std::fs::write(&path, serde_json::json!({ "keys": [stranger.jwk()] }).to_string()).expect("a file");
    gateway.rewrite(&config(&table(path.to_str().expect("text"), "supplex")).text());
    gateway.wait_for_generation(3);
    assert_problem(&client.request(get_with(&token)), 401, "auth.invalid");
    assert_eq!(client.request(get_with(&stranger.token("a"))).status(), 200);
}
