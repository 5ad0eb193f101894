//! What requests are charged to, seen from outside.

use std::time::Duration;

use super::*;
use crate::auth::Claims;
use crate::config::{
    Auth, Destination, Gateway, HeaderEdits, Jwks, Limit, OnStoreError, Rate, Rewrite, Route, RouteLimit, Store,
    Telemetry, Traces, UpstreamId, Workers,
};
use crate::http1::Limits;
use crate::route::{Matcher, PathMatch, RouteTable};

fn limit(key: KeySource) -> Limit {
    Limit {
        name: "l".into(),
        rate: Rate { tokens: 1, period: Duration::from_secs(1) },
        burst: 1,
        key,
        store: Store::Local,
        mode: LimitMode::Enforce,
        precision: Precision::Lease,
        on_store_error: OnStoreError::Local,
        exempt: Vec::new(),
    }
}

/// A snapshot with one route that has all of these limits, behind proxies on 10.0.0.0/8.
fn snapshot(limits: Vec<Limit>) -> Snapshot {
    let used = (0..limits.len()).map(|index| RouteLimit { limit: LimitId(index as u16), cost: 3 });
    let route = Route {
        name: "the-route".into(),
        matcher: Matcher { path: PathMatch::Prefix("/".into()), methods: Vec::new(), host: None, headers: Vec::new() },
        destination: Destination::Upstream(UpstreamId(0)),
        rewrite: Rewrite::default(),
        timeout: Duration::from_secs(1),
        retries: None,
        hedge: None,
        fallback: None,
        priority: crate::config::Priority::Normal,
        auth: None,
        limits: used.collect(),
        request_headers: HeaderEdits::default(),
        response_headers: HeaderEdits::default(),
    };
    Snapshot {
        generation: 1,
        resolution: 0,
        gateway: Gateway {
            shed: None,
            workers: Workers::Auto,
            admin: ([127, 0, 0, 1], 0).into(),
            admin_token: None,
            drain_timeout: Duration::from_secs(1),
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
        },
        listeners: Vec::new(),
        table: RouteTable::new(std::slice::from_ref(&route)),
        routes: vec![route],
        upstreams: Vec::new(),
        limits,
        auth: Vec::new(),
        redis: None,
        telemetry: Telemetry {
            access_log: None,
            explain_key: None,
            latency_dump: "latency.hlog".into(),
            traces: Traces::default(),
        },
    }
}

fn counted_for(identity: &Identity, peer: &str) -> String {
    let bytes = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut parsed = RequestHead::new();
    assert_eq!(parsed.parse(bytes, Limits { bytes: 8192, fields: 20 }), Ok(Some(bytes.len())));
    let request = Counted { head: &parsed, bytes, peer: peer.parse().unwrap(), identity: Some(identity) };
    let mut keys = Vec::new();
    limit_rate(&snapshot(vec![limit(KeySource::Claim("sub".into()))]), RouteId(0), request, |counting| {
        if let Counting::Enforced(wanted) = counting {
            keys.push(String::from_utf8(wanted.charge.key.as_bytes().to_vec()).unwrap());
        }
    });
    keys.concat()
}

fn identity(more: &str) -> Identity {
    let auth = Auth {
        name: "a".into(),
        jwks: Jwks::File("a".into()),
        issuer: "i".into(),
        audience: "a".into(),
        algorithms: Vec::new(),
        leeway: Duration::ZERO,
        refresh: Duration::from_secs(1),
        forward: Vec::new(),
        claims: vec!["sub".into()],
    };
    let text = format!(r#"{{"iss":"i","aud":"a","exp":9{more}}}"#);
    Claims::read(text.as_bytes()).and_then(|claims| claims.identify(&auth, 1)).unwrap()
}

#[test]
fn a_claim_is_its_value_and_nobody_is_an_address() {
    let ann = identity(r#","sub":"ann""#);
    assert_eq!(counted_for(&ann, "192.0.2.7"), "ann");
    assert_eq!(counted_for(&ann, "192.0.2.8"), "ann");
    assert_eq!(counted_for(&identity(""), "192.0.2.7"), "ip 192.0.2.7");
    assert_eq!(key(KeySource::Claim("sub".into()), "2001:db8:1:2::9", ""), "ip 2001:db8:1:2::/64");
    // Who calls himself like an address of nobody gets a bucket of his own.
    assert!(counted_for(&identity(r#","sub":"ip 192.0.2.7""#), "192.0.2.7").starts_with('#'));
}

fn counted(limits: Vec<Limit>, peer: &str, head: &str) -> Vec<Counting> {
    let bytes = head.as_bytes();
    let mut parsed = RequestHead::new();
    assert_eq!(parsed.parse(bytes, Limits { bytes: 8192, fields: 20 }), Ok(Some(bytes.len())), "{head}");
    let request = Counted { head: &parsed, bytes, peer: peer.parse().unwrap(), identity: None };
    let mut all = Vec::new();
    limit_rate(&snapshot(limits), RouteId(0), request, |counting| all.push(counting));
    all
}

fn key(source: KeySource, peer: &str, fields: &str) -> String {
    let all = counted(vec![limit(source)], peer, &format!("GET / HTTP/1.1\r\nhost: x\r\n{fields}\r\n"));
    let [Counting::Enforced(wanted)] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(wanted.charge.cost, 3);
    String::from_utf8(wanted.charge.key.as_bytes().to_vec()).unwrap()
}

#[test]
fn a_client_is_its_address_and_ipv6_counts_by_64() {
    let key = |peer| key(KeySource::ClientIp, peer, "");
    assert_eq!(key("192.0.2.7"), "192.0.2.7");
    assert_eq!(key("::ffff:192.0.2.7"), "192.0.2.7");
    assert_eq!(key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    assert_eq!(key("2001:db8:1:2:ffff::9"), "2001:db8:1:2::/64");
}

#[test]
fn only_trusted_proxies_are_believed() {
    let key = |peer, fields| key(KeySource::ClientIp, peer, fields);
    assert_eq!(key("192.0.2.7", "x-forwarded-for: 198.51.100.1\r\n"), "192.0.2.7");
    assert_eq!(key("10.0.0.1", "x-forwarded-for: 203.0.113.9, 198.51.100.1 , 10.0.0.2\r\n"), "198.51.100.1");
    assert_eq!(key("10.0.0.1", "x-forwarded-for: 198.51.100.1\r\nx-forwarded-for: 10.0.0.3\r\n"), "198.51.100.1");
    assert_eq!(key("10.0.0.1", "x-forwarded-for: 10.0.0.9, 10.0.0.2\r\n"), "10.0.0.9");
    assert_eq!(key("10.0.0.1", "x-forwarded-for: 198.51.100.1, unknown, 10.0.0.2\r\n"), "10.0.0.2");
    assert_eq!(key("10.0.0.1", "x-forwarded-for: 198.51.100.1:4711\r\n"), "198.51.100.1");
    assert_eq!(key("10.0.0.1", "x-forwarded-for: [2001:db8::1]:80\r\n"), "2001:db8::/64");
    assert_eq!(key("10.0.0.1", ""), "10.0.0.1");
}

#[test]
fn headers_and_cookies_are_taken_as_they_are_or_by_hash() {
    let header = |fields: &str| key(KeySource::Header("x-key".into()), "192.0.2.7", fields);
    assert_eq!(header("X-Key: abc\r\n"), "abc");
    assert_eq!(header(""), "");
    let long = header(&format!("x-key: {}\r\n", "a".repeat(64)));
    assert_eq!((long.len(), &long[..1]), (33, "#"));
    assert_ne!(long, header(&format!("x-key: {}\r\n", "a".repeat(65))));
    assert!(header("x-key: a b\r\n").starts_with('#'), "a space is not printed");
    let cookie = |fields: &str| key(KeySource::Cookie("sid".into()), "192.0.2.7", fields);
    assert_eq!(cookie("cookie: a=1; sid=x9;b=2\r\n"), "x9");
    assert_eq!(cookie("cookie: xsid=1\r\nCookie: sid=x9; sid=y\r\n"), "x9");
    assert_eq!(cookie("cookie: sidx=1\r\n"), "");
}

#[test]
fn routes_and_everything_have_one_bucket() {
    assert_eq!(key(KeySource::Route, "192.0.2.7", ""), "the-route");
    assert_eq!(key(KeySource::Global, "192.0.2.7", ""), "");
}

#[test]
fn preflights_and_the_exempt_are_not_charged() {
    let all = || vec![limit(KeySource::Global)];
    let preflight = "OPTIONS / HTTP/1.1\r\nhost: x\r\norigin: a\r\naccess-control-request-method: POST\r\n\r\n";
    assert!(counted(all(), "192.0.2.7", preflight).is_empty());
    let plain = "OPTIONS / HTTP/1.1\r\nhost: x\r\norigin: a\r\n\r\n";
    assert!(matches!(counted(all(), "192.0.2.7", plain).as_slice(), [Counting::Enforced(_)]));

    let exempt = Limit { exempt: vec!["192.0.2.0/24".parse().unwrap()], ..limit(KeySource::Global) };
    let shadow = Limit { mode: LimitMode::Shadow, ..limit(KeySource::Global) };
    let both =
        counted(vec![exempt, shadow], "10.0.0.1", "GET / HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 192.0.2.7\r\n\r\n");
    assert!(matches!(both.as_slice(), [Counting::Exempt(LimitId(0)), Counting::Shadow(_)]), "{both:?}");
}
