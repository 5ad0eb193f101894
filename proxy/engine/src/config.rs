//! The checked configuration: what remains once every rule of `config.toml` holds.
//!
//! Values here cannot be wrong: an index points at something, a timeout is not zero, an upstream has endpoints. The raw
//! file is parsed into these types once, by the shell's `config/check`, and never consulted again. Nothing here reads a
//! file or resolves a name. Where to read on: `route.rs` for the compiled routing table.

pub mod access_log;
pub mod adaptive;
pub mod auth;
pub mod breaker;
pub mod diff;
pub mod edits;
pub mod health;
pub mod limit;
pub mod listener;
pub mod load;
pub mod ratio;
pub mod redis;
pub mod retries;
pub mod route;
pub mod traces;
pub mod upstream;
pub mod words;

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

pub use access_log::{AccessLog, LogField, LogFormat, LogTarget};
pub use adaptive::{Adaptive, Tolerance};
pub use auth::{Algorithm, Auth, Jwks, RouteAuth};
pub use breaker::{Breaker, BreakerMode};
pub use edits::HeaderEdits;
pub use health::{Ejection, Health, Probe};
pub use limit::{KeySource, Limit, LimitMode, OnStoreError, Precision, Rate, Store};
pub use listener::Listener;
pub use load::{Priority, Queue, Shed};
pub use ratio::Ratio;
pub use redis::Redis;
pub use retries::{Hedge, Retries, RetryBudget, RetryOn};
pub use route::{Destination, Fallback, Rewrite, Route, RouteLimit};
pub use traces::{Collector, Traces};
pub use upstream::{Address, Balance, Endpoint, HashKey, Upstream};

use crate::route::RouteTable;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u16);

        impl $name {
            /// The position in the snapshot's list.
            #[must_use]
            pub fn index(self) -> usize {
                usize::from(self.0)
            }
        }
    };
}

id!(
    /// A listener's position in [`Snapshot::listeners`].
    ListenerId
);
id!(
    /// A route's position in [`Snapshot::routes`].
    RouteId
);
id!(
    /// A limit's position in the snapshot's list of limits.
    LimitId
);
id!(
    /// A position in [`Snapshot::auth`].
    AuthId
);
id!(
    /// An upstream's position in [`Snapshot::upstreams`].
    UpstreamId
);

/// One compiled, immutable configuration. Every exchange keeps the snapshot it began with.
#[derive(Debug)]
pub struct Snapshot {
    /// Counts accepted configurations from 1; what workers acknowledge and `supplex_config_generation` shows.
    pub generation: u64,
    /// Counts the changes of resolved addresses within a generation.
    pub resolution: u64,
    /// The `[gateway]` table.
    pub gateway: Gateway,
    /// The listeners, in the order of the file.
    pub listeners: Vec<Listener>,
    /// The routes, in the order of the file.
    pub routes: Vec<Route>,
    /// The routes, compiled for lookup.
    pub table: RouteTable,
    /// The upstreams, sorted by name.
    pub upstreams: Vec<Upstream>,
    /// The limits, sorted by name.
    pub limits: Vec<Limit>,
    /// Whose tokens are believed, sorted by name.
    pub auth: Vec<Auth>,
    /// The `[redis]` table; always present when a limit is kept there.
    pub redis: Option<Redis>,
    /// The `[telemetry]` table.
    pub telemetry: Telemetry,
}

/// The checked `[gateway]` table.
#[derive(Clone, Debug, PartialEq)]
pub struct Gateway {
    /// How many workers to start.
    pub workers: Workers,
    /// Where the admin endpoint listens.
    pub admin: std::net::SocketAddr,
    /// The bearer token the admin endpoint asks for; always present when `admin` is not a loopback address.
    pub admin_token: Option<Box<str>>,
    /// How long in-flight exchanges may take after SIGTERM before they are cut.
    pub drain_timeout: Duration,
    /// The peers whose `X-Forwarded-*` fields are believed.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// When to refuse requests because a worker is overloaded; `None` for never.
    pub shed: Option<Shed>,
}

impl Gateway {
    /// Whether `peer` is one of the trusted proxies.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|net| net.contains(&peer))
    }
}

/// The number of workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workers {
    /// One per CPU that the affinity mask and the cgroup allow.
    Auto,
    /// Exactly this many.
    Exactly(NonZeroUsize),
}

/// The checked `[telemetry]` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telemetry {
    /// The access log; `None` when there is none.
    pub access_log: Option<AccessLog>,
    /// What `X-Supplex-Explain` is signed with; `None`: with the admin token, if there is one.
    pub explain_key: Option<Box<str>>,
    /// Where the latencies of the last minute are written when somebody asks for it.
    pub latency_dump: std::path::PathBuf,
    /// What is recorded as traces.
    pub traces: Traces,
}

impl Telemetry {
    /// Where access log lines go; `None` when there are none.
    #[must_use]
    pub fn log_target(&self) -> Option<LogTarget> {
        self.access_log.as_ref().map(|log| log.target.clone())
    }
}
