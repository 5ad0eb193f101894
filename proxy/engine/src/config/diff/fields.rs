//! Tables laid out as fields in words. Every struct is taken apart by name, so that a setting that is added cannot be
//! forgotten here.

use super::{Sheet, Table, Whole, route, telemetry, upstream};
use crate::config::redis::{Login, Place};
use crate::config::{Auth, Gateway, Limit, Listener, Redis, Workers, words};

/// One field of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// The path within the table.
    pub(super) key: String,
    /// The value in words.
    pub(super) shown: String,
    /// What is compared beside it and never shown.
    secret: Option<String>,
}

impl Field {
    pub(super) fn new(key: impl Into<String>, shown: impl Into<String>) -> Self {
        Self { key: key.into(), shown: shown.into(), secret: None }
    }

    pub(super) fn secret(key: impl Into<String>, value: &str) -> Self {
        Self { key: key.into(), shown: "(set)".to_owned(), secret: Some(value.to_owned()) }
    }
}

/// A list in words.
pub(super) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

/// All tables.
pub(super) fn sheet(whole: &Whole<'_>) -> Sheet {
    let Whole { gateway, listeners, routes, upstreams, endpoints, limits, auth, redis, telemetry: told } = whole;
    let alone = |table: Table, fields: Vec<Field>| ((table, Box::from("")), fields);
    let mut sheet =
        Sheet::from([alone(Table::Gateway, of_gateway(gateway)), alone(Table::Telemetry, telemetry::fields(told))]);
    sheet.extend(redis.map(|redis| alone(Table::Redis, of_redis(redis))));
    sheet.extend(listeners.iter().map(|it| ((Table::Listener, it.name.clone()), of_listener(it))));
    sheet.extend(routes.iter().map(|it| ((Table::Route, it.name.clone()), route::fields(it, whole))));
    let upstreams = upstreams.iter().zip(endpoints);
    sheet.extend(upstreams.map(|(it, written)| ((Table::Upstream, it.name.clone()), upstream::fields(it, written))));
    sheet.extend(limits.iter().map(|it| ((Table::Limit, it.name.clone()), of_limit(it))));
    sheet.extend(auth.iter().map(|it| ((Table::Auth, it.name.clone()), of_auth(it))));
    sheet
}

fn of_gateway(gateway: &Gateway) -> Vec<Field> {
    let Gateway { workers, admin, admin_token, drain_timeout, trusted_proxies, shed } = gateway;
    let workers = match workers {
        Workers::Auto => "auto".to_owned(),
        Workers::Exactly(count) => count.to_string(),
    };
    let mut fields = vec![Field::new("workers", workers), Field::new("admin", admin.to_string())];
    fields.extend(admin_token.as_ref().map(|token| Field::secret("admin_token", token)));
    fields.push(Field::new("drain_timeout", words::duration(*drain_timeout)));
    fields.push(Field::new("trusted_proxies", list(trusted_proxies)));
    fields.extend(shed.map(|shed| Field::new("shed.queue_delay", words::duration(shed.queue_delay))));
    fields
}

fn of_listener(listener: &Listener) -> Vec<Field> {
    let Listener {
        name: _,
        address,
        header_timeout,
        idle_timeout,
        max_header_bytes,
        max_header_fields,
        max_body_bytes,
        max_connections,
    } = listener;
    vec![
        Field::new("address", address.to_string()),
        Field::new("header_timeout", words::duration(*header_timeout)),
        Field::new("idle_timeout", words::duration(*idle_timeout)),
        Field::new("max_header_bytes", words::size(*max_header_bytes as u64)),
        Field::new("max_header_fields", max_header_fields.to_string()),
        Field::new("max_body_bytes", words::size(*max_body_bytes)),
        Field::new("max_connections", max_connections.to_string()),
    ]
}

fn of_limit(limit: &Limit) -> Vec<Field> {
    let Limit { name: _, rate, burst, key, store, mode, precision, on_store_error, exempt } = limit;
    vec![
        Field::new("rate", words::rate(*rate)),
        Field::new("burst", burst.to_string()),
        Field::new("key", words::key_source(key)),
        Field::new("store", words::store(*store)),
        Field::new("mode", words::limit_mode(*mode)),
        Field::new("precision", words::precision(*precision)),
        Field::new("on_store_error", words::on_store_error(*on_store_error)),
        Field::new("exempt", list(exempt)),
    ]
}

fn of_auth(auth: &Auth) -> Vec<Field> {
    // What is asked of claims follows from `forward` and from limits.
    let Auth { name: _, jwks, issuer, audience, algorithms, leeway, refresh, forward, claims: _ } = auth;
    let mut fields = vec![
        Field::new("jwks", jwks.to_string()),
        Field::new("issuer", &**issuer),
        Field::new("audience", &**audience),
        Field::new("algorithms", list(algorithms.iter().map(|algorithm| algorithm.word()))),
        Field::new("leeway", words::duration(*leeway)),
        Field::new("refresh", words::duration(*refresh)),
    ];
    fields.extend(forward.iter().map(|(field, claim)| Field::new(format!("forward.{field}"), &**claim)));
    fields
}

fn of_redis(redis: &Redis) -> Vec<Field> {
    let Redis { place, timeout } = redis;
    let login = |login: &Login| {
        let Login { username, password } = login;
        format!("{}:{}", username.as_deref().unwrap_or_default(), password.as_deref().unwrap_or_default())
    };
    let (key, secret) = match place {
        Place::Url(url) => ("url", url.to_string()),
        Place::Sentinel(sentinel) => (
            "sentinel",
            format!("{} {} {}", login(&sentinel.sentinel_login), login(&sentinel.login), sentinel.database),
        ),
        Place::Cluster(cluster) => ("cluster", login(&cluster.login)),
    };
    vec![
        Field { key: key.to_owned(), shown: place.to_string(), secret: Some(secret) },
        Field::new("timeout", words::duration(*timeout)),
    ]
}
