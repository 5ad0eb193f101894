//! A checked upstream: a named service, its endpoints and how to treat them.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::{Queue, RetryBudget};

/// One `[upstreams.NAME]` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Unique among upstreams; the `upstream` label of metrics.
    pub name: Box<str>,
    /// The endpoints that can be tried now. A configured DNS name stands for each address it resolved to, so the list
    /// is empty only while no name has resolved yet.
    pub endpoints: Vec<Endpoint>,
    /// How an endpoint is chosen.
    pub balance: Balance,
    /// What `consistent_hash` goes by; of no meaning otherwise.
    pub hash_key: HashKey,
    /// For the connection alone.
    pub connect_timeout: Duration,
    /// From the choice of an endpoint to the end of its response head, and between two pieces of its body.
    pub attempt_timeout: Duration,
    /// How many idle connections each worker keeps per endpoint.
    pub idle_per_worker: usize,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
    /// The most exchanges in flight, over all workers together.
    pub max_in_flight: usize,
    /// How the bound is lowered at run time; `None`: it is not.
    pub adaptive: Option<super::Adaptive>,
    /// When an endpoint is left alone; `None`: never.
    pub breaker: Option<super::Breaker>,
    /// What waits when there are that many.
    pub queue: Queue,
    /// How many retries it puts up with.
    pub retry_budget: RetryBudget,
    /// Active probes; `None`: none are made.
    pub health: Option<super::Health>,
    /// What a worker makes of failures in its own traffic; `None`: nothing.
    pub ejection: Option<super::Ejection>,
    /// With fewer than this share of its endpoints usable by health and ejection, all are used; `None`: never.
    pub panic_threshold: Option<super::Ratio>,
    /// How long an endpoint that returns takes to get its whole share; `None`: it has it at once.
    pub slow_start: Option<Duration>,
}

/// One address of an upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// As written in the configuration (`products.internal:7102`); with [`Endpoint::address`] its identity.
    pub written: Box<str>,
    /// Where to connect.
    pub address: Address,
    /// Its share, at least 1.
    pub weight: u32,
}

/// Where an endpoint listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// TCP, over IPv4 or IPv6.
    Tcp(SocketAddr),
    /// A unix-domain stream socket.
    Unix(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(address) => address.fmt(f),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// How an endpoint is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Balance {
    /// In turn, by weight.
    RoundRobin,
    /// At random, by weight.
    Random,
    /// The better of two random ones by in-flight requests over weight.
    #[default]
    LeastRequest,
    /// The better of two random ones by what it took lately, times in-flight requests over weight.
    PeakEwma,
    /// By [`Upstream::hash_key`], with bounded load.
    ConsistentHash,
}

/// Which requests `consistent_hash` keeps at one endpoint: those of which this is the same. A request without the header
/// or cookie goes by its client's address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HashKey {
    /// The client's address.
    #[default]
    ClientIp,
    /// The value of a request field; the name is lower-case.
    Header(Box<str>),
    /// The value of a cookie.
    Cookie(Box<str>),
    /// The path, as it came from the client and in normal form, without the query.
    Path,
}
