//! The file as it is written: one table here per table of `config.toml`, key by key.
//!
//! A field is `None` when its key is absent or its value was refused; the latter is noted by then. What the values mean
//! together is not looked at here. `check.rs` makes the engine's types of them.

pub(crate) mod adaptive;
pub(crate) mod auth;
pub(crate) mod breaker;
pub(crate) mod gateway;
pub(crate) mod health;
pub(crate) mod limit;
pub(crate) mod listener;
pub(crate) mod load;
pub(crate) mod redis;
pub(crate) mod route;
pub(crate) mod telemetry;
pub(crate) mod upstream;

use super::decode::need::{EMPTY_LIST, EMPTY_TABLE, OPTIONAL, REQUIRED};
use super::decode::{List, Map, table};
use super::scalar::Name;

pub(crate) use auth::{Auth, RouteAuth};
pub(crate) use breaker::Breaker;
pub(crate) use gateway::Gateway;
pub(crate) use limit::{Limit, RouteLimit};
pub(crate) use listener::Listener;
pub(crate) use redis::Redis;
pub(crate) use route::{Fallback, FieldEdits, Match, Route, SplitArm};
pub(crate) use telemetry::Telemetry;
pub(crate) use upstream::Upstream;

table! {
    /// The configuration of Supplex Gateway. The same keys are read from TOML and YAML.
    Config {
        /// The process: its workers, its admin endpoint, its end.
        gateway: Gateway = EMPTY_TABLE,
        /// Where clients connect; at least one.
        listeners: List<Listener, 1> = REQUIRED,
        /// Which requests go where. An exact path is tried before the longest prefix, a prefix before a regular
        /// expression; then the route with more of methods, headers and host; then the first in the file.
        routes: List<Route> = EMPTY_LIST,
        /// The services behind the gateway, by name.
        upstreams: Map<Name, Upstream> = EMPTY_TABLE,
        /// Rate limits, by name.
        limits: Map<Name, Limit> = EMPTY_TABLE,
        /// Whose JSON Web Tokens are believed, by name.
        auth: Map<Name, Auth> = EMPTY_TABLE,
        /// The Redis that keeps the buckets of limits; needed when a limit has `store = "redis"`.
        redis: Redis = OPTIONAL,
        /// What the gateway tells about the traffic.
        telemetry: Telemetry = EMPTY_TABLE,
    }
}
