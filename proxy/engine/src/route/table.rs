//! The compiled routing table.
//!
//! Routes with the same path rule form a group (`group.rs`), and a look-up finds a group by one hash of the path: of the
//! whole of it for exact paths, and of each beginning that is as long as some prefix, longest first. So its cost follows
//! from the number of different prefix lengths, not from the number of routes nor from what a client sends. It allocates
//! nothing and never changes; a new configuration brings a new table. `precedence.rs` has the order, `matcher.rs` the
//! rules.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::group::{Candidate, Group, HostKeys, PathIs};
use super::{PathMatch, precedence};
use crate::config::{Route, RouteId};

/// What the table asks about a request. Implemented by whoever holds the parsed head.
pub trait RequestView {
    /// The method token.
    fn method(&self) -> &[u8];
    /// The host in any case, without a port; empty when there is none.
    fn host(&self) -> &[u8];
    /// The normalised path, without the query.
    fn path(&self) -> &[u8];
    /// Whether a field of this (lower-case) name has exactly this value.
    fn has_header(&self, name: &str, value: &str) -> bool;
}

/// Groups by path. Only the configuration's own paths are keys, so a client cannot make them collide and a fixed seed is
/// fine.
type Groups = HashMap<Box<[u8]>, Group, FixedState>;

/// The routes of one snapshot, compiled for lookup.
#[derive(Debug, Default)]
pub struct RouteTable {
    exact: Groups,
    /// The length of the longest exact path: what is longer need not be hashed.
    longest_exact: usize,
    prefixes: Groups,
    /// The different lengths of prefixes, longest first.
    lengths: Box<[usize]>,
    /// All regular expressions.
    regexes: Group,
    hosts: HostKeys,
}

impl RouteTable {
    /// Compiles the routes of a snapshot.
    #[must_use]
    pub fn new(routes: &[Route]) -> Self {
        let mut table = Self { hosts: HostKeys::new(routes), ..Self::default() };
        let mut lengths = Vec::new();
        for (order, (id, route)) in precedence::in_order(routes).into_iter().enumerate() {
            let group = match &route.matcher.path {
                PathMatch::Exact(path) => {
                    table.longest_exact = table.longest_exact.max(path.len());
                    table.exact.entry(path.as_bytes().into()).or_default()
                }
                PathMatch::Prefix(prefix) => {
                    lengths.push(prefix.len());
                    table.prefixes.entry(prefix.as_bytes().into()).or_default()
                }
                PathMatch::Regex(..) => &mut table.regexes,
            };
            group.add(Candidate { order, id, matcher: route.matcher.clone() });
        }
        // They come in the order of precedence, equal lengths next to each other.
        lengths.dedup();
        table.lengths = lengths.into();
        table
    }

    /// The route that the request takes.
    pub fn find(&self, request: &impl RequestView) -> Option<RouteId> {
        let (path, host) = (request.path(), self.hosts.key(request.host()));
        if path.len() <= self.longest_exact
            && let Some(group) = self.exact.get(path)
            && let Some(id) = group.first_match(request, host, PathIs::Matched)
        {
            return Some(id);
        }
        for &length in &self.lengths {
            // A prefix ends where the path ends or a slash follows; the empty one matches anything.
            if !matches!(path.get(length), None | Some(b'/')) && length > 0 {
                continue;
            }
            if let Some(prefix) = path.get(..length)
                && let Some(group) = self.prefixes.get(prefix)
                && let Some(id) = group.first_match(request, host, PathIs::Matched)
            {
                return Some(id);
            }
        }
        self.regexes.first_match(request, host, PathIs::Open)
    }
}
