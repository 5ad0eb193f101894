//! The compiled routing table.
//!
//! Routes with the same path rule form a group, and a look-up finds a group by one hash of the path: of the whole of it
//! for exact paths, and of each beginning that is as long as some prefix, longest first. So its cost follows from the
//! number of different prefix lengths, not from the number of routes nor from what a client sends. It allocates nothing
//! and never changes; a new configuration brings a new table. `precedence.rs` has the order, `matcher.rs` the rules.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::FixedState;

use super::{Matcher, PathMatch, precedence};
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

/// Path rules with their candidates. Only the configuration's own paths are keys, so a client cannot make them collide
/// and a fixed seed is fine.
type Groups = HashMap<Box<[u8]>, Range<usize>, FixedState>;

/// The routes of one snapshot, compiled for lookup.
#[derive(Debug, Default)]
pub struct RouteTable {
    /// All routes in the order in which they are tried.
    candidates: Box<[Candidate]>,
    exact: Groups,
    prefixes: Groups,
    /// The different lengths of prefixes, longest first.
    lengths: Box<[usize]>,
    /// Where the routes with a regular expression stand among the candidates: at the end.
    regexes: Range<usize>,
}

#[derive(Debug)]
struct Candidate {
    id: RouteId,
    matcher: Matcher,
}

impl RouteTable {
    /// Compiles the routes of a snapshot.
    #[must_use]
    pub fn new(routes: &[Route]) -> Self {
        let candidate = |(id, route): (RouteId, &Route)| Candidate { id, matcher: route.matcher.clone() };
        let mut candidates: Vec<_> = precedence::in_order(routes).into_iter().map(candidate).collect();
        // Same paths next to each other. They have the same class and length, and sorting keeps the order within them.
        candidates.sort_by(|one, other| match (&one.matcher.path, &other.matcher.path) {
            (PathMatch::Exact(one), PathMatch::Exact(other)) => one.cmp(other),
            (PathMatch::Prefix(one), PathMatch::Prefix(other)) => (other.len(), one).cmp(&(one.len(), other)),
            (one, other) => class(one).cmp(&class(other)),
        });
        let mut table = Self { regexes: candidates.len()..candidates.len(), ..Self::default() };
        let mut lengths = Vec::new();
        for (position, candidate) in candidates.iter().enumerate() {
            match &candidate.matcher.path {
                PathMatch::Exact(path) => extend(&mut table.exact, path, position),
                PathMatch::Prefix(prefix) => {
                    extend(&mut table.prefixes, prefix, position);
                    lengths.push(prefix.len());
                }
                PathMatch::Regex(..) => table.regexes.start = table.regexes.start.min(position),
            }
        }
        lengths.dedup();
        table.lengths = lengths.into();
        table.candidates = candidates.into();
        table
    }

    /// The route that the request takes.
    pub fn find(&self, request: &impl RequestView) -> Option<RouteId> {
        let path = request.path();
        if let Some(group) = self.exact.get(path)
            && let Some(id) = self.first_match(group.clone(), request)
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
                && let Some(id) = self.first_match(group.clone(), request)
            {
                return Some(id);
            }
        }
        let mut rest = self.candidates[self.regexes.clone()].iter();
        // The rules beside the path are cheaper than a regular expression.
        let found = rest
            .find(|route| route.matcher.broken_rule_beside_path(request).is_none() && route.matcher.path.matches(path));
        found.map(|route| route.id)
    }

    /// The first of a group whose rules beside the path hold.
    fn first_match(&self, group: Range<usize>, request: &impl RequestView) -> Option<RouteId> {
        let mut group = self.candidates[group].iter();
        group.find(|route| route.matcher.broken_rule_beside_path(request).is_none()).map(|route| route.id)
    }
}

/// Adds a candidate to the group of its path; those before it in the group were added just before.
fn extend(groups: &mut Groups, path: &str, position: usize) {
    groups.entry(path.as_bytes().into()).or_insert(position..position).end = position + 1;
}

/// Exact paths first, regular expressions last.
fn class(path: &PathMatch) -> u8 {
    match path {
        PathMatch::Exact(_) => 0,
        PathMatch::Prefix(_) => 1,
        PathMatch::Regex(..) => 2,
    }
}
