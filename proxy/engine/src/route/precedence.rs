//! The order in which routes are tried.
//!
//! Exact paths before prefixes before regular expressions; longer prefixes before shorter ones; then more rules on
//! methods, host and headers; then the order of the file. The order does not depend on the request: of two prefixes that
//! match the same path, the longer one has more whole segments. It judges no request; `matcher.rs` does.

use std::cmp::Reverse;

use super::{Matcher, PathMatch};
use crate::config::{Route, RouteId};

/// A sort key of path rules: the smaller is tried first.
pub(super) fn path_rank(path: &PathMatch) -> impl Ord + use<> {
    match path {
        PathMatch::Exact(_) => (0_u8, Reverse(0)),
        PathMatch::Prefix(prefix) => (1, Reverse(prefix.len())),
        PathMatch::Regex(..) => (2, Reverse(0)),
    }
}

/// A sort key of routes: the smaller is tried first. Routes with equal keys stand in the order of the file.
fn rank(matcher: &Matcher) -> impl Ord + use<> {
    (path_rank(&matcher.path), Reverse(matcher.specificity()))
}

/// All routes in the order in which they are tried.
pub(super) fn in_order(routes: &[Route]) -> Vec<(RouteId, &Route)> {
    // The configuration check refuses more routes than ids can name.
    let mut order: Vec<_> = (0..=u16::MAX).map(RouteId).zip(routes).collect();
    order.sort_by_key(|(_, route)| rank(&route.matcher));
    order
}
