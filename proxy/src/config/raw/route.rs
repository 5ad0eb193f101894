//! The `[[routes]]` tables: what a request must be, where it goes, what changes on the way.

use supplex_engine::config::Priority;
use supplex_engine::route::HostPattern;

use crate::config::decode::need::{EMPTY_LIST, EMPTY_TABLE, OPTIONAL, REQUIRED, text};
use crate::config::decode::{List, Map, table};
use crate::config::raw::load::{Hedge, Retries};
use crate::config::raw::{RouteAuth, RouteLimit};
use crate::config::scalar::{
    Body, Duration, EditableField, FieldName, FieldValue, MethodToken, Name, Number, PathPrefix, Pattern, UrlPath,
};

/// A route has exactly one of these.
pub(crate) const DESTINATIONS: &[&str] = &["upstream", "split"];
/// A fallback has exactly one of these.
pub(crate) const FALLBACKS: &[&str] = &["upstream", "status"];
/// A match has exactly one of these.
pub(crate) const PATH_RULES: &[&str] = &["prefix", "exact", "regex"];

table! {
    /// Which requests go where. Exactly one of `upstream` and `split` must be there.
    Route keeps keys with one of DESTINATIONS {
        /// Unique among routes; the `route` label of metrics.
        name: Name = REQUIRED,
        /// What a request must be to take this route.
        r#match: Match = REQUIRED,
        /// The upstream that serves the route.
        upstream: Name = OPTIONAL,
        /// Several upstreams that share the route by weight.
        split: List<SplitArm, 1> = OPTIONAL,
        /// A prefix of whole segments to take off the path; the rest always begins with `/`.
        strip_prefix: PathPrefix = OPTIONAL,
        /// A prefix to put in front of the path, after `strip_prefix`.
        add_prefix: PathPrefix = OPTIONAL,
        /// The whole exchange, retries and queueing included; 1ms to 24h.
        timeout: Duration = text("30s"),
        /// When a failed attempt is followed by another one. When left out, only after an idle connection turned out to
        /// be closed.
        retries: Retries = OPTIONAL,
        /// When a request that has no answer is sent to another endpoint as well; never when left out.
        hedge: Hedge = OPTIONAL,
        /// When an overloaded worker refuses its requests: `low` first, then `normal`, never `high`. See `gateway.shed`.
        priority: Priority = text("normal"),
        /// Whose tokens its requests must have: the name of an `[auth]` table, or a table with name and optional. Nobody's
        /// when left out.
        auth: RouteAuth = OPTIONAL,
        /// The limits that its requests are charged to, all of them or none: names, or tables with limit and cost; at most
        /// 4, all with the same store.
        limits: List<RouteLimit> = EMPTY_LIST,
        /// Edits to the header fields of the request.
        request_headers: FieldEdits = EMPTY_TABLE,
        /// Edits to the header fields of the response.
        response_headers: FieldEdits = EMPTY_TABLE,
        /// What a client gets when the breakers of all endpoints are open; a refusal when left out.
        fallback: Fallback = OPTIONAL,
    }
}

table! {
    /// What a client gets instead of a refusal. Exactly one of `upstream` and `status` must be there.
    Fallback keeps keys with one of FALLBACKS {
        /// Another upstream, which gets the request as this one would have got it.
        upstream: Name = OPTIONAL,
        /// The status of a fixed reply; 200 to 599.
        status: Number<200, 599> = OPTIONAL,
        /// The body of a fixed reply; at most 32768 bytes.
        body: Body = text(""),
        /// The `Content-Type` of a fixed reply.
        content_type: FieldValue = text("application/json"),
    }
}

table! {
    /// What a request must be. Exactly one of `prefix`, `exact` and `regex` must be there. Paths are compared in normal
    /// form: unreserved characters plain, escapes in upper case, no dot segments.
    Match keeps keys with one of PATH_RULES {
        /// Leading whole segments of the path: `/api` matches `/api` and `/api/x`, not `/apix`.
        prefix: PathPrefix = OPTIONAL,
        /// The whole path.
        exact: UrlPath = OPTIONAL,
        /// A regular expression over the whole path.
        regex: Pattern = OPTIONAL,
        /// The methods; any when left out. CONNECT and TRACE are never forwarded.
        methods: List<MethodToken, 1> = OPTIONAL,
        /// The host, without a port: `shop.test`, or `*.shop.test` for every host below it.
        host: HostPattern = OPTIONAL,
        /// Header fields, each with the exact value that it must have.
        headers: Map<FieldName, FieldValue> = EMPTY_TABLE,
    }
}

table! {
    /// One of the upstreams that share a route.
    SplitArm {
        /// The upstream.
        upstream: Name = REQUIRED,
        /// Its share of the requests relative to the other weights; 0 to 1000, where 0 means none.
        weight: Number<0, 1_000> = REQUIRED,
    }
}

table! {
    /// Edits to header fields. Fields that frame the message or belong to the connection cannot be edited.
    FieldEdits {
        /// Fields to set, in place of all fields of the same name.
        set: Map<EditableField, FieldValue> = EMPTY_TABLE,
        /// Names of fields to remove.
        remove: List<EditableField> = EMPTY_LIST,
    }
}
