//! What one route asks of a request.

/// The `match` table of a route.
#[derive(Debug)]
pub struct Matcher {
    /// The path rule; every route has exactly one.
    pub path: PathMatch,
    /// Methods (upper-case tokens as written); empty means any.
    pub methods: Vec<Box<str>>,
    /// The host rule, if any.
    pub host: Option<HostPattern>,
    /// Lower-case field names with the exact value one field of that name must have.
    pub headers: Vec<(Box<str>, Box<str>)>,
}

/// The path rule of a route.
#[derive(Debug)]
pub enum PathMatch {
    /// The whole path.
    Exact(Box<str>),
    /// Leading whole segments: `/api` matches `/api` and `/api/x`, not `/apix`. Stored without a trailing slash; the
    /// empty string matches every path.
    Prefix(Box<str>),
    /// An anchored regular expression over the whole path.
    Regex(Box<str>, regex_automata::meta::Regex),
}

/// The host rule of a route. Stored in lower case, without a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostPattern {
    /// This host.
    Exact(Box<str>),
    /// `*.shop.test`: any host below it, not itself. Holds `.shop.test`.
    Below(Box<str>),
}
