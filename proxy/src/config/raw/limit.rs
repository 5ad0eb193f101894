//! The `[limits.NAME]` tables, and how a route names a limit.

use ipnet::IpNet;
use schemars::{Schema, SchemaGenerator, json_schema};
use supplex_engine::config::{KeySource, LimitMode, OnStoreError, Precision, Store};

use crate::config::decode::need::{EMPTY_LIST, OPTIONAL, REQUIRED, number, text};
use crate::config::decode::{At, Decode, List, Text, expected, table};
use crate::config::document::{Node, Value};
use crate::config::problem::Problems;
use crate::config::scalar::{Name, Number, Rate};
use crate::config::schema::Of;

/// The largest burst, and cost.
pub(crate) const MOST: u32 = 1_000_000_000;

table! {
    /// A rate limit: how fast requests of one kind may come.
    Limit {
        /// How fast tokens come back: a number per `s`, `m`, `h` or `d`; 1/d to 1000000/s.
        rate: Rate = REQUIRED,
        /// The most tokens a bucket holds: what may come at once after a silence; 1 to 1000000000. As many as `rate` has
        /// when left out.
        burst: Number<1, MOST> = OPTIONAL,
        /// What a bucket of its own is kept for: `client_ip` (IPv6 by /64), `header:NAME`, `cookie:NAME`,
        /// `jwt:CLAIM` (a verified claim; `client_ip` without it), `route` or `global`.
        key: KeySource = text("client_ip"),
        /// Who keeps the buckets: `redis`, shared by all gateways that use it, or `local`, shared by the workers of this
        /// one. When left out it is `redis` if there is a `[redis]` table, and `local` otherwise.
        store: Store = OPTIONAL,
        /// Whether refusals are carried out: `enforce`, or `shadow` to only count them.
        mode: LimitMode = text("enforce"),
        /// Whether the store decides about every request, `exact`, or workers take a few tokens ahead for busy keys,
        /// `lease`: cheaper, and up to an eighth of the burst may come early.
        precision: Precision = text("lease"),
        /// What happens while the store does not answer: `local` has each worker enforce its share of the rate, `open`
        /// lets everything through, `closed` refuses everything.
        on_store_error: OnStoreError = text("local"),
        /// Networks whose clients are never limited.
        exempt: List<IpNet> = EMPTY_LIST,
    }
}

/// A limit of a route: its name alone, or a table with name and cost.
#[derive(Debug)]
pub(crate) struct RouteLimit {
    /// The limit.
    pub(crate) limit: Option<At<Name>>,
    /// Tokens per request; `None` stands for 1.
    pub(crate) cost: Option<At<Number<1, MOST>>>,
}

table! {
    /// A limit with the cost of one request.
    CostedLimit {
        /// The name of the limit.
        limit: Name = REQUIRED,
        /// Tokens that one request of the route costs; from 1 to the limit's `burst`.
        cost: Number<1, MOST> = number(1),
    }
}

impl Decode for RouteLimit {
    const NAME: Option<&'static str> = Some("RouteLimit");

    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Table(_) => {
                CostedLimit::decode(node, problems).map(|table| Self { limit: table.limit, cost: table.cost })
            }
            Value::Text(_) => {
                let value = Name::decode(node, problems)?;
                Some(Self { limit: Some(At { value, span: node.span.clone(), written: true }), cost: None })
            }
            _ => {
                let message = expected("the name of a limit, or a table with limit and cost", node);
                problems.push_with(node.span.clone(), message, "as in `\"per-client\"`");
                None
            }
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The name of a limit, or a table with limit and cost.",
            "oneOf": [<Name as Text>::schema(), generator.subschema_for::<Of<CostedLimit>>()],
        })
    }
}
