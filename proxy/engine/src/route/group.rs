//! Routes that share a path rule, or all that have a regular expression: what is left to decide once the path is known.
//!
//! Many routes with the same path differ by their host, as when one gateway serves hundreds of sites. Those that name a
//! host in full are found by its hash, the others are tried one by one; of both, the one that stands first in the order
//! of precedence is taken. It never sees routes of another path.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::matcher::{HostPattern, Matcher};
use super::table::RequestView;
use crate::config::{Route, RouteId};
use crate::hash::fnv1a;

/// One route, compiled.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Its place in the order of precedence.
    pub(super) order: usize,
    pub(super) id: RouteId,
    pub(super) matcher: Matcher,
}

/// Whether the path rule was looked at before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PathIs {
    /// The request was led here by its path.
    Matched,
    /// The path rule is still to be tried.
    Open,
}

/// The hash of a host that some route may name; `None` for a host that none can name.
pub(super) type HostKey = Option<u64>;

/// Candidates, each list in the order of precedence.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Routes that name a host in full, by its hash.
    by_host: HashMap<u64, Vec<Candidate>, FixedState>,
    /// Routes for hosts below a name, or for any host.
    others: Vec<Candidate>,
}

impl Group {
    /// Adds a candidate; they come in the order of precedence.
    pub(super) fn add(&mut self, candidate: Candidate) {
        match &candidate.matcher.host {
            Some(HostPattern::Exact(host)) => self.by_host.entry(hash(host.as_bytes())).or_default().push(candidate),
            Some(HostPattern::Below(_)) | None => self.others.push(candidate),
        }
    }

    /// The first candidate that the request matches.
    pub(super) fn first_match(&self, request: &impl RequestView, host: HostKey, path: PathIs) -> Option<RouteId> {
        // Regular expressions come last: all else is cheaper. Hosts are compared in full, so that equal hashes do no harm.
        let matches = |matcher: &Matcher| {
            matcher.broken_rule_beside_path(request).is_none()
                && (path == PathIs::Matched || matcher.path.matches(request.path()))
        };
        let named = host.and_then(|host| self.by_host.get(&host));
        let named = named.and_then(|named| named.iter().find(|candidate| matches(&candidate.matcher)));
        let limit = named.map_or(usize::MAX, |named| named.order);
        let mut others = self.others.iter().take_while(|candidate| candidate.order < limit);
        others.find(|candidate| matches(&candidate.matcher)).or(named).map(|candidate| candidate.id)
    }
}

/// Which hosts are worth a hash: a host longer than any that is named is not.
#[derive(Debug, Default)]
pub(super) struct HostKeys {
    longest: usize,
}

impl HostKeys {
    pub(super) fn new(routes: &[Route]) -> Self {
        let length = |route: &Route| match &route.matcher.host {
            Some(HostPattern::Exact(host)) => host.len(),
            Some(HostPattern::Below(_)) | None => 0,
        };
        Self { longest: routes.iter().map(length).max().unwrap_or(0) }
    }

    /// The key to look a request's host up with.
    pub(super) fn key(&self, host: &[u8]) -> HostKey {
        (!host.is_empty() && host.len() <= self.longest).then(|| hash(host))
    }
}

/// A hash of a host that does not depend on the case of letters (FNV-1a).
fn hash(host: &[u8]) -> u64 {
    fnv1a(host.iter().map(u8::to_ascii_lowercase))
}
