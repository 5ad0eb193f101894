//! The order in which routes are tried.
//!
//! Exact paths before prefixes before regular expressions; longer prefixes before shorter ones; then more rules on
//! methods, host and headers; then the order of the file. The order does not depend on the request: of two prefixes that
//! match the same path, the longer one has more whole segments. It judges no request; `matcher.rs` does.

use std::cmp::Reverse;

use super::{Matcher, PathMatch};
use crate::config::{Route, RouteId};

/// A sort key: the smaller is tried first. Routes with equal keys stand in the order of the file.
fn rank(matcher: &Matcher) -> impl Ord + use<> {
    let (class, length) = match &matcher.path {
        PathMatch::Exact(_) => (0_u8, 0),
        PathMatch::Prefix(prefix) => (1, prefix.len()),
        PathMatch::Regex(..) => (2, 0),
    };
    (class, Reverse(length), Reverse(matcher.specificity()))
}

/// All routes in the order in which they are tried.
#[must_use]
pub fn in_order(routes: &[Route]) -> Vec<(RouteId, &Route)> {
    // The configuration check refuses more routes than ids can name.
    let mut order: Vec<_> = (0..=u16::MAX).map(RouteId).zip(routes).collect();
    order.sort_by_key(|(_, route)| rank(&route.matcher));
    order
}
