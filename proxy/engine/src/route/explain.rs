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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::{Destination, HeaderEdits, Priority, Rewrite, UpstreamId};
    use crate::route::HostPattern;

    fn route(path: PathMatch, methods: &[&str], host: Option<HostPattern>, header: Option<(&str, &str)>) -> Route {
        let methods = methods.iter().map(|method| (*method).into()).collect();
        let headers = header.map(|(name, value)| (name.into(), value.into())).into_iter().collect();
        Route {
            name: "route".into(),
            matcher: Matcher { path, methods, host, headers },
            destination: Destination::Upstream(UpstreamId(0)),
            rewrite: Rewrite::default(),
            limits: Vec::new(),
            timeout: Duration::from_secs(1),
            retries: None,
            priority: Priority::Normal,
            request_headers: HeaderEdits::default(),
            auth: None,
            response_headers: HeaderEdits::default(),
            hedge: None,
            fallback: None,
        }
    }

    fn prefix(prefix: &str) -> PathMatch {
        PathMatch::Prefix(prefix.into())
    }

    fn regex(pattern: &str) -> PathMatch {
        PathMatch::regex(pattern).unwrap_or_else(|error| panic!("{error}"))
    }

    struct GetApiX;

    impl RequestView for GetApiX {
        fn method(&self) -> &[u8] {
            b"GET"
        }

        fn host(&self) -> &[u8] {
            b"a.shop.test"
        }

        fn path(&self) -> &[u8] {
            b"/api/x"
        }

        fn has_header(&self, name: &str, value: &str) -> bool {
            (name, value) == ("x-beta", "1")
        }
    }

    #[test]
    fn each_route_names_the_first_rule_that_broke() {
        let routes = [
            route(prefix(""), &[], None, None),
            route(regex("/api/[a-z]"), &[], None, None),
            route(prefix("/api"), &["GET"], Some(HostPattern::Exact("shop.test".into())), None),
            route(prefix("/api"), &["POST"], None, Some(("x-beta", "2"))),
            route(prefix("/api"), &["GET"], None, Some(("x-gamma", "1"))),
            route(prefix("/api/x"), &["get"], None, None),
            route(PathMatch::Exact("/api".into()), &[], None, None),
        ];
        let expected = [
            (RouteId(6), Finding::Broken(Rule::Path)),
            (RouteId(5), Finding::Broken(Rule::Method)),
            (RouteId(2), Finding::Broken(Rule::Host)),
            (RouteId(3), Finding::Broken(Rule::Method)),
            (RouteId(4), Finding::Broken(Rule::Header("x-gamma"))),
            (RouteId(0), Finding::Taken),
            (RouteId(1), Finding::Shadowed(RouteId(0))),
        ];
        assert_eq!(explain(&routes, &GetApiX), expected);
    }

    #[test]
    fn a_route_is_unreachable_behind_one_that_asks_no_more() {
        let below = || Some(HostPattern::Below(".shop.test".into()));
        let host = || Some(HostPattern::Exact("a.shop.test".into()));
        let routes = [
            route(prefix("/api"), &["GET", "POST"], below(), None),
            route(prefix("/api"), &["GET"], host(), None),
            route(prefix("/api"), &["PUT"], host(), None),
            route(prefix("/api/x"), &["GET"], host(), None),
        ];
        assert_eq!(unreachable(&routes), [(RouteId(1), RouteId(0))]);
    }

    #[test]
    fn a_catch_all_prefix_hides_every_regex_that_asks_as_much() {
        let routes = [
            route(regex("/a"), &[], None, None),
            route(prefix(""), &["GET"], None, None),
            route(regex("/b"), &["GET"], None, None),
            route(prefix("/c"), &["GET"], None, None),
        ];
        assert_eq!(unreachable(&routes), [(RouteId(2), RouteId(1))]);
    }

    #[test]
    fn a_route_that_asks_more_is_tried_first_and_hides_nothing() {
        let routes = [
            route(prefix("/api"), &[], None, None),
            route(prefix("/api"), &["GET"], None, None),
            route(prefix("/api"), &[], None, Some(("x-beta", "1"))),
        ];
        assert_eq!(unreachable(&routes), []);
        assert_eq!(explain(&routes, &GetApiX)[0], (RouteId(1), Finding::Taken));
    }
}
