//! What is told about a request. Serialised it is the JSON document, and its field names are the keys there.
//!
//! Every `at` is a place as `config.toml:12:3`; a key that does not stand in the file has ` (default)` behind the place of
//! the table that could have it.

use serde::Serialize;
use serde_json::Value;

use super::{Asked, Context};
use crate::config::Blueprint;

/// Everything about one request.
#[derive(Debug, Serialize)]
pub(crate) struct Explanation {
    /// Of the running configuration; `null` for a file.
    pub(crate) generation: Option<u64>,
    pub(crate) request: Request,
    /// Why the gateway would answer itself.
    pub(crate) refusal: Option<Refusal>,
    /// In the order in which they are tried; empty when it does not get that far.
    pub(crate) routes: Vec<Tried>,
    /// What the route makes of it. With a refusal: what it would make of one that passes.
    pub(crate) route: Option<Taken>,
}

/// A value with its place.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Setting {
    pub(crate) value: String,
    pub(crate) at: String,
}

/// How the request was understood.
#[derive(Debug, Serialize)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// As it was asked for.
    pub(crate) target: String,
    /// In normal form: what is matched and what is forwarded.
    pub(crate) path: Option<String>,
    pub(crate) query: Option<String>,
    pub(crate) host: Option<String>,
    /// The other end of the connection.
    pub(crate) peer: String,
    /// The same, or whom a trusted proxy says to be in front of it.
    pub(crate) client: String,
    pub(crate) listener: Setting,
}

/// Why the gateway would answer itself.
#[derive(Debug, Serialize)]
pub(crate) struct Refusal {
    /// Where it happens: `parse`, `admit`, `match_route` or `authenticate`.
    pub(crate) stage: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) status: u16,
    pub(crate) detail: String,
    /// The section that has the rule.
    pub(crate) rfc: &'static str,
    pub(crate) at: String,
}

/// One route in the search.
#[derive(Debug, Serialize)]
pub(crate) struct Tried {
    pub(crate) name: String,
    pub(crate) result: Found,
    pub(crate) why: String,
    /// Of the rule that decided.
    pub(crate) at: String,
}

/// What became of a route in the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Found {
    /// The request takes it.
    Taken,
    /// It matches, but another one goes first.
    Shadowed,
    /// It does not match.
    NotMatched,
}

/// The route that the request takes, and all that follows from it.
#[derive(Debug, Serialize)]
pub(crate) struct Taken {
    pub(crate) name: String,
    pub(crate) at: String,
    pub(crate) auth: Option<Auth>,
    pub(crate) priority: Setting,
    pub(crate) shed: Setting,
    pub(crate) limits: Vec<Limit>,
    pub(crate) timeouts: Vec<Named>,
    pub(crate) retries: Rule,
    pub(crate) hedge: Rule,
    pub(crate) fallback: Rule,
    pub(crate) destination: Vec<Arm>,
    pub(crate) upstreams: Vec<Upstream>,
    /// What the route changes about the request.
    pub(crate) rewrites: Vec<Named>,
    /// The lines of the head that the upstream gets.
    pub(crate) forwarded: Vec<String>,
    /// What the route changes about the response.
    pub(crate) response: Vec<Named>,
}

/// Whose token is asked for.
#[derive(Debug, Serialize)]
pub(crate) struct Auth {
    pub(crate) name: String,
    pub(crate) optional: bool,
    pub(crate) issuer: Setting,
    pub(crate) audience: Setting,
    pub(crate) algorithms: Setting,
    pub(crate) keys: Setting,
    /// What is made of what the request shows. Signatures are not checked.
    pub(crate) finding: String,
    pub(crate) at: String,
}

/// A limit, and the bucket that the request is charged to.
#[derive(Debug, Serialize)]
pub(crate) struct Limit {
    pub(crate) name: String,
    /// `enforced`, `shadow`, `exempt` or `preflight`.
    pub(crate) counted: &'static str,
    /// Whose bucket it is: the value of the key in this request.
    pub(crate) bucket: Option<String>,
    pub(crate) cost: u32,
    pub(crate) key: Setting,
    pub(crate) rate: Setting,
    pub(crate) burst: Setting,
    pub(crate) store: Setting,
    pub(crate) precision: Setting,
    pub(crate) mode: Setting,
    pub(crate) on_store_error: Setting,
    pub(crate) at: String,
}

/// A value with its name and place.
#[derive(Debug, Serialize)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) at: String,
}

/// Something a route may have, and whether it concerns this request.
#[derive(Debug, Serialize)]
pub(crate) struct Rule {
    pub(crate) applies: bool,
    pub(crate) value: String,
    pub(crate) at: String,
}

/// An upstream of the route, with its share of the requests.
#[derive(Debug, Serialize)]
pub(crate) struct Arm {
    pub(crate) upstream: String,
    /// Of all requests of the route, from 0 to 1.
    pub(crate) share: f64,
    pub(crate) at: String,
}

/// An upstream that may get the request.
#[derive(Debug, Serialize)]
pub(crate) struct Upstream {
    pub(crate) name: String,
    /// Whether it is only asked when the breakers of the destination are open.
    pub(crate) is_fallback: bool,
    pub(crate) balance: Setting,
    /// What `consistent_hash` goes by; `null` with another balancer.
    pub(crate) hash_key: Option<Setting>,
    /// Where the key leads to while that endpoint is well and not overloaded; `null` when it is not known.
    pub(crate) leads_to: Option<String>,
    pub(crate) timeouts: Vec<Named>,
    pub(crate) bounds: Vec<Named>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) at: String,
    /// How it is now; `null` for a file.
    pub(crate) live: Option<Value>,
}

/// An endpoint that is considered.
#[derive(Debug, Serialize)]
pub(crate) struct Endpoint {
    /// As written.
    pub(crate) endpoint: String,
    /// `null` while its name is not resolved.
    pub(crate) address: Option<String>,
    pub(crate) weight: u32,
    pub(crate) at: String,
    /// How it is now; `null` for a file.
    pub(crate) live: Option<Value>,
}

impl Request {
    /// As far as it is known before it is parsed.
    pub(super) fn of(asked: &Asked, blueprint: &Blueprint) -> Self {
        let listener = blueprint.listeners.first().map_or("", |listener| &*listener.name);
        Self {
            method: asked.method.clone(),
            target: asked.target.clone(),
            path: None,
            query: None,
            host: None,
            peer: asked.client.to_string(),
            client: asked.client.to_string(),
            listener: Setting { value: listener.to_owned(), at: blueprint.places.of("listeners.0.name") },
        }
    }

    /// Adds what the parsed head says.
    pub(super) fn understood(&mut self, cx: &Context<'_>) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.path = Some(text(cx.head.path(cx.bytes)));
        self.query = cx.head.query(cx.bytes).map(text);
        self.host = Some(text(cx.head.host(cx.bytes)));
        self.client = cx.client.to_string();
    }
}
