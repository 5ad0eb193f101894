//! Why a request takes the route it takes, and which routes none can ever take.
//!
//! For people, not for traffic: it looks at every route and allocates. It never disagrees with `table.rs`, since both
//! use the rules of `matcher.rs` in the order of `precedence.rs`.

use super::matcher::Rule;
use super::{Matcher, PathMatch, RequestView, precedence};
use crate::config::{Route, RouteId};

/// What became of one route in the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding<'r> {
    /// The request takes this route.
    Taken,
    /// It matches, but this earlier one does as well.
    Shadowed(RouteId),
    /// The first of its rules that does not hold.
    Broken(Rule<'r>),
}

/// All routes in the order in which they are tried, with what became of each.
pub fn explain<'r>(routes: &'r [Route], request: &impl RequestView) -> Vec<(RouteId, Finding<'r>)> {
    let mut taken = None;
    let judge = |(id, route): (RouteId, &'r Route)| {
        let finding = match (route.matcher.broken_rule(request), taken) {
            (Some(rule), _) => Finding::Broken(rule),
            (None, Some(earlier)) => Finding::Shadowed(earlier),
            (None, None) => {
                taken = Some(id);
                Finding::Taken
            }
        };
        (id, finding)
    };
    precedence::in_order(routes).into_iter().map(judge).collect()
}

/// The routes that no request can take, each with the first route that takes everything it matches. Only covering by a
/// single route is found, not by several together.
#[must_use]
pub fn unreachable(routes: &[Route]) -> Vec<(RouteId, RouteId)> {
    let order = precedence::in_order(routes);
    let mut found = Vec::new();
    for (position, (id, route)) in order.iter().enumerate() {
        let mut earlier = order[..position].iter();
        if let Some((by, _)) = earlier.find(|(_, earlier)| covers(&earlier.matcher, &route.matcher)) {
            found.push((*id, *by));
        }
    }
    found.sort_unstable();
    found
}

/// Whether every request that matches `other` matches `one` as well.
fn covers(one: &Matcher, other: &Matcher) -> bool {
    let methods = || {
        one.methods.is_empty()
            || !other.methods.is_empty() && other.methods.iter().all(|method| one.methods.contains(method))
    };
    let host = || match (&one.host, &other.host) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(one), Some(other)) => one.covers(other),
    };
    let headers = || one.headers.iter().all(|rule| other.headers.contains(rule));
    covers_path(&one.path, &other.path) && methods() && host() && headers()
}

/// Whether the first rule holds wherever the second does. Of regular expressions only equal ones are compared.
fn covers_path(one: &PathMatch, other: &PathMatch) -> bool {
    match (one, other) {
        (PathMatch::Prefix(one), _) if one.is_empty() => true,
        (PathMatch::Exact(one), PathMatch::Exact(other)) => one == other,
        (PathMatch::Prefix(one), PathMatch::Prefix(other)) => one == other,
        (PathMatch::Regex(one, _), PathMatch::Regex(other, _)) => one == other,
        _ => false,
    }
}
