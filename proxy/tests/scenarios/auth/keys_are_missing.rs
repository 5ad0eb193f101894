//! Without keys nobody can be let in: 503 until they come. Once they were there they stay, whatever becomes of their
//! server.

use super::issuer::{Issuer, Server};
use super::{config, get, get_with};
use crate::harness::{Client, Gateway, Upstream, assert_problem, wait_for};

#[test]
fn keys_are_missing() {
    let (issuer, server, upstream) = (Issuer::new("k1"), Server::silent(), Upstream::saying("ok"));
    let gateway = Gateway::start(&config(&upstream, &server.url(), "\"users\""));
    let mut client = Client::connect(&gateway);
    let token = issuer.token("a");
    let response = client.request(get_with(&token));
    assert_problem(&response, 503, "auth.unavailable");
    assert_eq!(response.field("retry-after"), Some("1"));
    assert_problem(&client.request(get("")), 401, "auth.required");
    assert!(upstream.seen_so_far().is_empty());
    let fetch = |key: &str| gateway.document("/api/auth")["auth"][0]["last_fetch"][key].clone();
    assert!(fetch("failure").is_string());

    server.publish(&[&issuer]);
    wait_for("keys", || (client.request(get_with(&token)).status() == 200).then_some(()));

    server.fall_silent();
    wait_for("a failure", || fetch("failure").is_string().then_some(()));
    assert_eq!(client.request(get_with(&token)).status(), 200, "the last good set stays");
    assert_eq!(client.request(get_with(&issuer.token("b"))).status(), 200, "for new tokens as well");
    let failed = gateway.metric("supplex_auth_key_fetches_total{auth=\"users\",result=\"failed\"}");
    assert!(failed.is_some_and(|failed| failed >= 2.0), "{failed:?}");
}
