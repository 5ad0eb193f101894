//! Explanations of small configurations.

use std::net::{IpAddr, SocketAddr};

use proptest::prelude::*;

use super::model::{Explanation, Found};
use super::{Asked, explain, outcome, render};
use crate::config::{Blueprint, Format, Resolved, parse};

const CONFIG: &str = r#"
[gateway]
trusted_proxies = ["10.0.0.0/8"]
[[listeners]]
name = "public"
address = "127.0.0.1:0"
[[routes]]
name = "long"
match = { prefix = "/a/b", methods = ["GET"] }
upstream = "named"
timeout = "2s"
limits = ["per-user", "all"]
auth = { name = "users", optional = true }
[[routes]]
name = "short"
match = { prefix = "/a" }
upstream = "plain"
retries = { max = 2, post_with_idempotency_key = true }
hedge = { after = "10ms" }
[[routes]]
name = "one"
match = { exact = "/a/c", host = "shop.test" }
upstream = "plain"
[[routes]]
name = "letters"
match = { regex = "/[a-c]+" }
upstream = "plain"
[upstreams.named]
endpoints = ["up.test:1", "127.0.0.1:2"]
balance = "consistent_hash"
hash_key = "path"
[upstreams.plain]
endpoints = ["127.0.0.1:3"]
[limits.per-user]
rate = "1/s"
key = "jwt:sub"
[limits.all]
rate = "5/m"
key = "global"
[auth.users]
jwks = "/nowhere/jwks.json"
issuer = "us"
audience = "shop"
"#;

fn blueprint() -> Blueprint {
    parse(CONFIG, Format::Toml, "a.toml").expect("valid")
}

fn asked(method: &str, target: &str, fields: &[&str]) -> Asked {
    let fields = fields.iter().map(|line| (*line).to_owned()).collect();
    let client = IpAddr::from([10, 0, 0, 1]);
    Asked { method: method.into(), target: target.into(), host: None, fields, client }
}

fn told(asked: &Asked) -> Explanation {
    let blueprint = blueprint();
    explain(&blueprint, &blueprint.snapshot(0, 0, &Resolved::new()), asked, 1_700_000_000)
}

#[test]
fn a_name_leads_nowhere_until_it_is_resolved() {
    let (blueprint, asked) = (blueprint(), asked("GET", "/a/b", &[]));
    let up = |resolved: &Resolved| {
        let told = explain(&blueprint, &blueprint.snapshot(1, 0, resolved), &asked, 0);
        told.route.expect("a route").upstreams.remove(0)
    };
    let unresolved = up(&Resolved::new());
    assert_eq!((unresolved.endpoints.len(), &unresolved.leads_to), (2, &None));
    assert_eq!(unresolved.endpoints[0].address, None);
    let addresses: Vec<SocketAddr> = vec![([10, 1, 0, 1], 1).into(), ([10, 1, 0, 2], 1).into()];
    let resolved = up(&Resolved::from([(("up.test".into(), 1), addresses)]));
    assert_eq!(resolved.endpoints.len(), 3);
    let leads_to = resolved.leads_to.expect("an address");
    assert!(resolved.endpoints.iter().any(|endpoint| endpoint.address.as_ref() == Some(&leads_to)));
    assert!(resolved.endpoints[..2].iter().all(|endpoint| endpoint.at == "a.toml:29:14"), "{:?}", resolved.endpoints);
}

#[test]
fn buckets_are_those_of_the_request() {
    let buckets = |fields: &[&str]| {
        let route = told(&asked("GET", "/a/b", fields)).route.expect("a route");
        route.limits.into_iter().map(|limit| limit.bucket).collect::<Vec<_>>()
    };
    // Without a claim the client counts, in a bucket apart; the peer is trusted.
    let forwarded = ["x-forwarded-for: 203.0.113.9"];
    assert_eq!(buckets(&forwarded), [Some("ip 203.0.113.9".into()), Some("".into())]);
    // {"alg":"EdDSA"} . {"iss":"us","aud":"shop","exp":1800000000,"sub":"ann"} . a signature that nobody checks
    let token = "authorization: Bearer eyJhbGciOiJFZERTQSJ9.\
                 eyJpc3MiOiJ1cyIsImF1ZCI6InNob3AiLCJleHAiOjE4MDAwMDAwMDAsInN1YiI6ImFubiJ9.AAAA";
    assert_eq!(buckets(&[token]), [Some("ann".into()), Some("".into())]);
    let late = explain(
        &blueprint(),
        &blueprint().snapshot(0, 0, &Resolved::new()),
        &asked("GET", "/a/b", &[token]),
        1_900_000_000,
    );
    assert_eq!(late.refusal.map(|refusal| (refusal.stage, refusal.reason)), Some(("authenticate", "auth.expired")));
    let odd = told(&asked("GET", "/a/b", &["authorization: Bearer odd"]));
    assert_eq!(odd.refusal.map(|refusal| refusal.reason), Some("auth.invalid"));
}

#[test]
fn preflights_are_charged_to_nothing() {
    let blueprint = parse(&CONFIG.replace(", methods = [\"GET\"]", ""), Format::Toml, "a.toml").expect("valid");
    let asked = asked("OPTIONS", "/a/b", &["origin: http://a.test", "access-control-request-method: PUT"]);
    let told = explain(&blueprint, &blueprint.snapshot(0, 0, &Resolved::new()), &asked, 0);
    let limits = told.route.expect("a route").limits;
    assert!(limits.iter().all(|limit| limit.counted == "preflight" && limit.bucket.is_none()), "{limits:?}");
}

#[test]
fn what_may_be_repeated_depends_on_the_method_and_the_key() {
    let rules = |asked: &Asked| {
        let route = told(asked).route.expect("a route");
        (route.retries.applies, route.hedge.applies)
    };
    assert_eq!(rules(&asked("GET", "/a", &[])), (true, true));
    assert_eq!(rules(&asked("POST", "/a", &[])), (false, false));
    assert_eq!(rules(&asked("POST", "/a", &["idempotency-key: 1"])), (true, true));
}

#[test]
fn a_deadline_is_believed_from_a_trusted_peer() {
    let line = "x-request-deadline-ms: 150";
    let sent = |mut asked: Asked, client: [u8; 4]| {
        asked.client = client.into();
        let route = told(&asked).route.expect("a route");
        route.forwarded.into_iter().find(|line| line.starts_with("x-request-deadline-ms")).expect("the field")
    };
    assert_eq!(sent(asked("GET", "/a/b", &[line]), [10, 0, 0, 1]), "x-request-deadline-ms: 150");
    assert_eq!(sent(asked("GET", "/a/b", &[line]), [192, 0, 2, 1]), "x-request-deadline-ms: 2000");
}

fn any_request() -> impl Strategy<Value = Asked> {
    let methods = prop::sample::select(vec!["GET", "POST", "OPTIONS", "get", "TRACE", ""]);
    let segments =
        prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "abc", "..", ".", "%61", "%zz", ""]), 0..4);
    let hosts = prop::option::of(prop::sample::select(vec!["shop.test", "SHOP.test:80", "other.test", "a b", ""]));
    let fields = prop::collection::vec(
        prop::sample::select(vec![
            "host: a",
            "x-request-id: 1",
            "content-length: 5",
            "content-length: x",
            "odd",
            "authorization: Bearer a",
        ]),
        0..3,
    );
    (methods, segments, hosts, fields).prop_map(|(method, segments, host, fields)| {
        let target = segments.iter().fold(String::new(), |target, segment| target + "/" + segment);
        let host = host.map(str::to_owned);
        Asked { host, ..asked(method, &target, &fields) }
    })
}

proptest! {
    #[test]
    fn the_parts_of_an_explanation_agree_with_each_other_and_with_the_table(asked in any_request()) {
        let blueprint = blueprint();
        let snapshot = blueprint.snapshot(0, 0, &Resolved::new());
        let told = explain(&blueprint, &snapshot, &asked, 0);
        let taken = told.routes.iter().find(|tried| tried.result == Found::Taken).map(|tried| &*tried.name);
        let route = told.route.as_ref().map(|route| &*route.name);
        prop_assert_eq!(taken, route);
        let outcome = outcome(&blueprint, &snapshot, &asked);
        prop_assert_eq!(outcome.route.as_deref(), route);
        // A request without a route is refused; one with a route only for its token.
        let stage = told.refusal.as_ref().map(|refusal| refusal.stage);
        let fits = if route.is_none() { stage.is_some() } else { matches!(stage, None | Some("authenticate")) };
        prop_assert!(fits, "{:?}", told.refusal);
        prop_assert!(told.routes.is_empty() || told.routes.len() == snapshot.routes.len());
        let coloured = [false, true].map(|colour| render(&told, colour).contains('\u{1b}'));
        prop_assert_eq!(coloured, [false, true]);
    }
}
