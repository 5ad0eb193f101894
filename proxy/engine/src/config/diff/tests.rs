//! Differences of small configurations.

use std::time::Duration;

use super::{Change, Table, What, Whole, diff};
use crate::config::route::Split;
use crate::config::{
    Destination, Gateway, HeaderEdits, Limit, Priority, Retries, RetryOn, Rewrite, Route, RouteLimit, Telemetry,
    UpstreamId, Workers,
};
use crate::config::{KeySource, LimitId, LimitMode, OnStoreError, Precision, Rate, Store};
use crate::route::{Matcher, PathMatch};

/// What a test changes.
struct Sample {
    gateway: Gateway,
    routes: Vec<Route>,
    limits: Vec<Limit>,
    telemetry: Telemetry,
}

impl Sample {
    fn new() -> Self {
        let gateway = Gateway {
            workers: Workers::Auto,
            admin: ([127, 0, 0, 1], 9900).into(),
            admin_token: Some("one secret".into()),
            drain_timeout: Duration::from_secs(15),
            trusted_proxies: Vec::new(),
            shed: None,
        };
        Self {
            gateway,
            routes: vec![route("a", "/x"), route("b", "/y")],
            limits: vec![limit("per-client")],
            telemetry: Telemetry {
                access_log: None,
                explain_key: None,
                latency_dump: "latency.hlog".into(),
                traces: crate::config::Traces::default(),
            },
        }
    }

    fn whole(&self) -> Whole<'_> {
        Whole {
            gateway: &self.gateway,
            listeners: &[],
            routes: &self.routes,
            upstreams: Vec::new(),
            endpoints: Vec::new(),
            limits: &self.limits,
            auth: &[],
            redis: None,
            telemetry: &self.telemetry,
        }
    }

    fn changes(&self) -> Vec<Change> {
        diff(&Sample::new().whole(), &self.whole())
    }
}

fn route(name: &str, prefix: &str) -> Route {
    Route {
        name: name.into(),
        matcher: Matcher {
            path: PathMatch::Prefix(prefix.into()),
            methods: vec!["GET".into(), "PUT".into()],
            host: None,
            headers: Vec::new(),
        },
        destination: Destination::Upstream(UpstreamId(0)),
        rewrite: Rewrite::default(),
        timeout: Duration::from_secs(3),
        retries: None,
        hedge: None,
        priority: Priority::Normal,
        auth: None,
        limits: vec![RouteLimit { limit: LimitId(0), cost: 1 }],
        request_headers: HeaderEdits::default(),
        response_headers: HeaderEdits::default(),
        fallback: None,
    }
}

fn limit(name: &str) -> Limit {
    Limit {
        name: name.into(),
        rate: Rate { tokens: 100, period: Duration::from_secs(1) },
        burst: 200,
        key: KeySource::ClientIp,
        store: Store::Local,
        mode: LimitMode::Enforce,
        precision: Precision::Lease,
        on_store_error: OnStoreError::Local,
        exempt: Vec::new(),
    }
}

fn field(table: Table, name: &str, key: &str, old: Option<&str>, new: Option<&str>) -> Change {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Change { table, name: name.into(), what: What::Field { key: key.into(), old: owned(old), new: owned(new) } }
}

#[test]
fn a_configuration_does_not_differ_from_itself() {
    let mut same = Sample::new();
    assert_eq!(same.changes(), []);
    // The order of methods means nothing.
    same.routes[0].matcher.methods.reverse();
    assert_eq!(same.changes(), []);
}

#[test]
fn fields_differ_by_key_with_both_values() {
    let mut new = Sample::new();
    new.gateway.admin_token = Some("another secret".into());
    new.routes[0].timeout = Duration::from_millis(1_500);
    new.routes[0].matcher.path = PathMatch::Exact("/x".into());
    new.routes[1].retries = Some(Retries {
        max: 1,
        on: RetryOn::CONNECT,
        backoff: Duration::from_millis(25),
        post_with_idempotency_key: false,
    });
    new.routes[1].limits[0].cost = 5;
    new.limits[0].rate.tokens = 50;
    new.telemetry.explain_key = Some("a third secret".into());
    let expected = [
        field(Table::Gateway, "", "admin_token", Some("(set)"), Some("(set)")),
        field(Table::Route, "a", "match.exact", None, Some("/x")),
        field(Table::Route, "a", "timeout", Some("3s"), Some("1500ms")),
        field(Table::Route, "a", "match.prefix", Some("/x"), None),
        field(Table::Route, "b", "retries.max", None, Some("1")),
        field(Table::Route, "b", "retries.on", None, Some("connect")),
        field(Table::Route, "b", "retries.backoff", None, Some("25ms")),
        field(Table::Route, "b", "retries.post_with_idempotency_key", None, Some("false")),
        field(Table::Route, "b", "limits", Some("per-client"), Some("per-client at 5")),
        field(Table::Limit, "per-client", "rate", Some("100/s"), Some("50/s")),
        field(Table::Telemetry, "", "explain_key", None, Some("(set)")),
    ];
    let mut changes = new.changes();
    // That the exact path goes first is a difference of its own, where it changes the order.
    changes.retain(|change| !matches!(change.what, What::Order { .. }));
    assert_eq!(changes, expected);
}

#[test]
fn secrets_are_compared_and_never_shown() {
    let (mut old, mut new) = (Sample::new(), Sample::new());
    old.routes[0].request_headers.set = vec![("authorization".into(), "Bearer one".into())];
    new.routes[0].request_headers.set = vec![("authorization".into(), "Bearer two".into())];
    let changes = diff(&old.whole(), &new.whole());
    assert_eq!(changes, [field(Table::Route, "a", "request_headers.set.authorization", Some("(set)"), Some("(set)"))]);
}

#[test]
fn tables_come_and_go_by_name() {
    let mut new = Sample::new();
    new.routes = vec![route("a", "/x"), route("c", "/y")];
    new.limits.push(limit("second"));
    let change = |table, name: &str, what| Change { table, name: name.into(), what };
    assert_eq!(
        new.changes(),
        [
            change(Table::Route, "b", What::Removed),
            change(Table::Route, "c", What::Added),
            change(Table::Limit, "second", What::Added),
        ]
    );
}

#[test]
fn an_order_is_told_without_the_ends_that_stay() {
    let names = |names: &[&str]| names.iter().map(|name| Box::from(*name)).collect::<Vec<_>>();
    let routes = |order: &[&str]| order.iter().map(|name| route(name, &format!("/{name}"))).collect::<Vec<_>>();
    let (mut old, mut new) = (Sample::new(), Sample::new());
    old.routes = routes(&["a", "b", "gone", "c", "d", "e"]);
    new.routes = routes(&["a", "c", "b", "d", "come", "e"]);
    // A longer prefix goes first, so the shared ones must be of equal length.
    let order = diff(&old.whole(), &new.whole()).pop().expect("a difference");
    assert_eq!(order.what, What::Order { old: names(&["b", "c"]), new: names(&["c", "b"]) });
}

#[test]
fn a_split_names_its_upstreams_with_their_weights() {
    let mut new = Sample::new();
    new.routes[0].destination = Destination::Split(Split::new(vec![(UpstreamId(0), 1)]).expect("a weight"));
    let changes = new.changes();
    assert_eq!(
        changes,
        [field(Table::Route, "a", "split", None, Some(" 1")), field(Table::Route, "a", "upstream", Some(""), None),]
    );
}
