//! The `[upstreams.NAME]` tables.

use schemars::{Schema, SchemaGenerator, json_schema};
use supplex_engine::config::{Balance, HashKey};

use crate::config::decode::need::{EMPTY_TABLE, OPTIONAL, REQUIRED, fraction, number, text};
use crate::config::decode::{At, Decode, List, Text, expected, table};
use crate::config::document::{Node, Value};
use crate::config::problem::Problems;
use crate::config::raw::Breaker;
use crate::config::raw::adaptive::Adaptive;
use crate::config::raw::health::{Ejection, Health};
use crate::config::raw::load::{Queue, RetryBudget};
use crate::config::scalar::{Duration, Number, Share, Target};
use crate::config::schema::Of;

table! {
    /// A service behind the gateway: its endpoints and how to treat them.
    Upstream {
        /// Where the service is: at least one endpoint.
        endpoints: List<Endpoint, 1> = REQUIRED,
        /// How an endpoint is chosen: `least_request` takes the better of two random ones by requests in flight over
        /// weight, `round_robin` takes turns by weight, `random` draws by weight, `peak_ewma` takes the better of two
        /// random ones by recent latency times requests in flight over weight, `consistent_hash` keeps requests of one
        /// `hash_key` at one endpoint while that has at most a quarter more in flight than its share.
        balance: Balance = text("least_request"),
        /// Which requests `consistent_hash` keeps together: those with the same `client_ip` (for IPv6 its /64),
        /// `header:NAME`, `cookie:NAME` or `path`. Without the header or cookie the client's address counts.
        hash_key: HashKey = text("client_ip"),
        /// How long a connection may take to open; 1ms to 24h.
        connect_timeout: Duration = text("1s"),
        /// From the choice of an endpoint to the end of its response head, and between two pieces of its body; 1ms to
        /// 24h.
        attempt_timeout: Duration = text("10s"),
        /// How many idle connections each worker keeps per endpoint; 0 to 65536.
        idle_per_worker: Number<0, 65_536> = number(64),
        /// How long an idle connection is kept; 1ms to 24h.
        idle_timeout: Duration = text("30s"),
        /// The most exchanges in flight, over all workers together; 1 to 10000000.
        max_in_flight: Number<1, 10_000_000> = number(1_024),
        /// Lowers that number at run time by how long answers take; it stays as it is when left out.
        adaptive: Adaptive = OPTIONAL,
        /// When an endpoint is left alone because it fails; never when left out.
        breaker: Breaker = OPTIONAL,
        /// What waits when there are that many.
        queue: Queue = EMPTY_TABLE,
        /// How many retries it puts up with.
        retry_budget: RetryBudget = EMPTY_TABLE,
        /// Active probes; none are made when left out.
        health: Health = OPTIONAL,
        /// Passive ejection by failures in the traffic; there is none when left out.
        ejection: Ejection = OPTIONAL,
        /// With fewer than this share of the endpoints usable by `health` and `ejection`, all are used, well or not; 0 to
        /// 1, where 0 means never.
        panic_threshold: Share = fraction(0.5),
        /// How long an endpoint that returns, or is added to others, takes to get its whole share, beginning with a tenth;
        /// at once when left out; 1ms to 24h.
        slow_start: Duration = OPTIONAL,
    }
}

/// An endpoint: its address alone, or a table with address and weight.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// Where it is.
    pub(crate) address: Option<At<Target>>,
    /// Its share; `None` stands for 1.
    pub(crate) weight: Option<At<Number<1, 1_000>>>,
}

table! {
    /// An endpoint with a weight.
    WeightedEndpoint {
        /// An IP address or DNS name with a port from 1 to 65535, or `unix:` with the absolute path of a socket.
        address: Target = REQUIRED,
        /// Its share of the requests relative to the other endpoints; 1 to 1000.
        weight: Number<1, 1_000> = number(1),
    }
}

impl Decode for Endpoint {
    const NAME: Option<&'static str> = Some("Endpoint");

    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Table(_) => WeightedEndpoint::decode(node, problems)
                .map(|table| Self { address: table.address, weight: table.weight }),
            Value::Text(_) => {
                let address = Target::decode(node, problems)?;
                Some(Self {
                    address: Some(At { value: address, span: node.span.clone(), written: true }),
                    weight: None,
                })
            }
            _ => {
                let message = expected("an address, or a table with address and weight", node);
                problems.push_with(node.span.clone(), message, "as in `\"127.0.0.1:7102\"`");
                None
            }
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An address alone, or a table with address and weight.",
            "oneOf": [<Target as Text>::schema(), generator.subschema_for::<Of<WeightedEndpoint>>()],
        })
    }
}
