//! Whatever is wrong with a token, the client gets a 401 that says so, and the upstream sees nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, encode};
use serde_json::{Value, json};

use super::issuer::{Issuer, Server, claims, now};
use super::{config, get, get_with};
use crate::harness::{Client, Gateway, Upstream, assert_problem};

fn with(key: &str, value: Value) -> Value {
    let mut claims = claims("user-7");
    claims[key] = value;
    claims
}

/// Requests that must not pass, each with its reason.
fn bad_requests(issuer: &Issuer) -> Vec<(&'static str, String, &'static str)> {
    let good = issuer.token("user-7");
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else { panic!("{good}") };
    let unsigned = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT","kid":"k1"}"#);
    let admin = URL_SAFE_NO_PAD.encode(with("role", json!("admin")).to_string());
    let secret = EncodingKey::from_secret(&issuer.public);
    let confused = encode(&issuer.header(Algorithm::HS256), &claims("user-7"), &secret).expect("a token");
    let expired = issuer.sign(&with("exp", json!(now() - 60)));
    let mut tokens = vec![
        ("malformed", "not-a-token".to_owned(), "auth.invalid"),
        ("two parts", format!("{header}.{payload}"), "auth.invalid"),
        ("no signature", format!("{header}.{payload}."), "auth.invalid"),
        ("alg none", format!("{unsigned}.{payload}."), "auth.invalid"),
        ("alg none with a signature", format!("{unsigned}.{payload}.{signature}"), "auth.invalid"),
        ("HS256 with the public key", confused, "auth.invalid"),
        ("another payload", format!("{header}.{admin}.{signature}"), "auth.invalid"),
        ("another key of this id", Issuer::new("k1").token("user-7"), "auth.invalid"),
        ("an unknown key", Issuer::new("k2").token("user-7"), "auth.invalid"),
        ("expired", expired, "auth.expired"),
        ("not yet valid", issuer.sign(&with("nbf", json!(now() + 60))), "auth.invalid"),
        ("without end", issuer.sign(&with("exp", Value::Null)), "auth.invalid"),
        ("another issuer", issuer.sign(&with("iss", json!("other"))), "auth.invalid"),
        ("another audience", issuer.sign(&with("aud", json!(["other"]))), "auth.invalid"),
        ("too long", issuer.sign(&with("pad", json!("x".repeat(8 * 1024)))), "auth.invalid"),
    ];
    let mut requests: Vec<_> = tokens.drain(..).map(|(what, token, reason)| (what, get_with(&token), reason)).collect();
    let twice = format!("Authorization: Bearer {good}\r\n").repeat(2);
    requests.push(("two fields", get(&twice), "auth.invalid"));
    requests.push(("empty", get("Authorization: Bearer\r\n"), "auth.invalid"));
    requests
}

#[test]
fn refused() {
    let issuer = Issuer::new("k1");
    let (server, upstream) = (Server::of(&[&issuer]), Upstream::saying("ok"));
    for asked in ["\"users\"", "{ name = \"users\", optional = true }"] {
        let gateway = Gateway::start(&config(&upstream, &server.url(), asked));
        let mut client = Client::connect(&gateway);
        for (what, request, reason) in bad_requests(&issuer) {
            let response = client.request(&request);
            assert_eq!(response.status(), 401, "{what}: {}", response.text());
            assert_problem(&response, 401, reason);
            let challenge = response.field("www-authenticate").expect("a challenge");
            assert!(challenge.starts_with("Bearer realm=\"supplex\", error=\"invalid_token\""), "{what}: {challenge}");
        }
        assert!(upstream.seen_so_far().is_empty());
        assert_eq!(client.request(get_with(&issuer.token("user-7"))).status(), 200, "and still a good one passes");
        assert_eq!(upstream.seen_so_far().len(), 1);
    }
}

#[test]
fn a_token_is_asked_for() {
    let issuer = Issuer::new("k1");
    let (server, upstream) = (Server::of(&[&issuer]), Upstream::saying("ok"));
    let gateway = Gateway::start(&config(&upstream, &server.url(), "\"users\""));
    let mut client = Client::connect(&gateway);
    for fields in ["", "Authorization: Basic cm9vdDpyb290\r\n", "X-User-Id: root\r\n"] {
        let response = client.request(get(fields));
        assert_problem(&response, 401, "auth.required");
        assert_eq!(response.field("www-authenticate"), Some("Bearer realm=\"supplex\""));
    }
    assert!(upstream.seen_so_far().is_empty());
    gateway.wait_for_metric("supplex_local_replies_total{reason=\"auth.required\"}", 3.0);
}
