//! A new key that was published before it is used: no valid token is refused. An old key that was taken away: its tokens are.

use super::issuer::{Issuer, Server};
use super::{config, get_with, table};
use crate::harness::{Client, Config, Gateway, Upstream, wait_for};

fn keys(gateway: &Gateway) -> Vec<String> {
    let document = gateway.document("/api/auth");
    let keys = document["auth"][0]["keys"].as_array().expect("a list");
    keys.iter().map(|key| key["kid"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn rotation() {
    let (old, new) = (Issuer::new("old"), Issuer::new("new"));
    let (server, upstream) = (Server::of(&[&old]), Upstream::saying("ok"));
    let gateway = Gateway::start(&config(&upstream, &server.url(), "\"users\"").gateway("workers = 2"));
    let mut clients: Vec<_> = (0..4).map(|_| Client::connect(&gateway)).collect();
    let mut statuses = |token: &str| -> Vec<u16> {
        clients.iter_mut().map(|client| client.request(get_with(token)).status()).collect()
    };
    let (by_old, by_new) = (old.token("a"), new.token("a"));
    assert_eq!(statuses(&by_old), [200; 4]);

    server.publish(&[&old, &new]);
    wait_for("both keys", || (keys(&gateway) == ["old", "new"]).then_some(()));
    // The keys are shown before the workers have them, by the length of a message.
    wait_for("the new key on every worker", || (statuses(&by_new) == [200; 4]).then_some(()));
    assert_eq!(statuses(&by_old), [200; 4]);

    server.publish(&[&new]);
    wait_for("the old key is gone", || (statuses(&by_old) == [401; 4]).then_some(()));
    assert_eq!(statuses(&by_new), [200; 4]);
}

#[test]
fn a_key_that_is_not_known_is_fetched_at_once() {
    let (old, new) = (Issuer::new("old"), Issuer::new("new"));
    let (server, upstream) = (Server::of(&[&old]), Upstream::saying("ok"));
    let table = table(&server.url(), "supplex").replace("refresh = \"200ms\"", "refresh = \"1h\"");
    let gateway = Gateway::start(&Config::to(&upstream).route("auth = \"users\"").and(&table));
    let mut client = Client::connect(&gateway);
    server.publish(&[&new]);
    let token = new.token("a");
    assert_eq!(client.request(get_with(&token)).status(), 401);
    wait_for("the new key", || (client.request(get_with(&token)).status() == 200).then_some(()));
}
