//! The routing table finds what a plain reading of the rules finds.

use std::cmp::Reverse;
use std::time::Duration;

use proptest::prelude::*;
use supplex_engine::config::{Destination, HeaderEdits, Priority, Rewrite, Route, RouteId, UpstreamId};
use supplex_engine::route::{self, Finding, HostPattern, Matcher, PathMatch, RequestView, RouteTable};

/// A route as somebody would write it.
#[derive(Clone, Debug)]
struct Written {
    path: WrittenPath,
    methods: Vec<&'static str>,
    host: Option<&'static str>,
    headers: Vec<(&'static str, &'static str)>,
}

#[derive(Clone, Debug, PartialEq)]
enum WrittenPath {
    Exact(String),
    Prefix(String),
    /// Matches paths of one segment that begins with this letter.
    Regex(char),
}

#[derive(Clone, Debug)]
struct Request {
    method: &'static str,
    host: &'static str,
    path: String,
    headers: Vec<(&'static str, &'static str)>,
}

impl RequestView for Request {
    fn method(&self) -> &[u8] {
        self.method.as_bytes()
    }

    fn host(&self) -> &[u8] {
        self.host.as_bytes()
    }

    fn path(&self) -> &[u8] {
        self.path.as_bytes()
    }

    fn has_header(&self, name: &str, value: &str) -> bool {
        self.headers.contains(&(name, value))
    }
}

/// Few different words, so that routes and requests meet.
fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "b", "ab", ""]), 0..4)
        .prop_map(|segments| segments.iter().fold(String::new(), |path, segment| path + "/" + segment))
}

const HEADERS: [(&str, &str); 3] = [("x-a", "1"), ("x-a", "2"), ("x-b", "1")];

fn written() -> impl Strategy<Value = Written> {
    let path = prop_oneof![
        path().prop_map(WrittenPath::Exact),
        path().prop_map(|path| WrittenPath::Prefix(path.trim_end_matches('/').to_owned())),
        prop::sample::select(vec!['a', 'b']).prop_map(WrittenPath::Regex),
    ];
    let methods = prop::sample::subsequence(vec!["GET", "POST", "PURGE"], 0..3);
    let hosts = vec!["shop.test", "a.shop.test", "*.shop.test", "*.a.shop.test", "*.test"];
    let host = prop::option::weighted(0.4, prop::sample::select(hosts));
    let headers = prop::sample::subsequence(HEADERS.to_vec(), 0..3);
    (path, methods, host, headers).prop_map(|(path, methods, host, headers)| Written { path, methods, host, headers })
}

fn request() -> impl Strategy<Value = Request> {
    let methods = prop::sample::select(vec!["GET", "POST", "PURGE", "get"]);
    let hosts =
        prop::sample::select(vec!["shop.test", "A.Shop.Test", "b.shop.test", "c.a.shop.test", "xshop.test", ""]);
    let headers = prop::sample::subsequence(HEADERS.to_vec(), 0..=3);
    let path = prop_oneof![9 => path(), 1 => Just("*".to_owned())];
    (methods, hosts, path, headers).prop_map(|(method, host, path, headers)| Request { method, host, path, headers })
}

fn compiled(written: &Written) -> Route {
    let path = match &written.path {
        WrittenPath::Exact(path) => PathMatch::Exact(path.as_str().into()),
        WrittenPath::Prefix(path) => PathMatch::Prefix(path.as_str().into()),
        WrittenPath::Regex(letter) => PathMatch::regex(&format!("/{letter}[^/]*")).expect("a valid pattern"),
    };
    let host = written.host.map(|host| match host.strip_prefix('*') {
        Some(below) => HostPattern::Below(below.into()),
        None => HostPattern::Exact(host.into()),
    });
    let methods = written.methods.iter().map(|method| (*method).into()).collect();
    let headers = written.headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
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

/// The rules as the documentation tells them, without any thought of speed.
fn holds(written: &Written, request: &Request) -> bool {
    let segments = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    let path = match &written.path {
        WrittenPath::Exact(path) => *path == request.path,
        WrittenPath::Prefix(prefix) => prefix.is_empty() || segments(&request.path).starts_with(&segments(prefix)),
        WrittenPath::Regex(letter) => {
            let segments = segments(&request.path);
            segments.len() == 2 && segments[0].is_empty() && segments[1].starts_with(*letter)
        }
    };
    let lower = request.host.to_lowercase();
    let host = written.host.is_none_or(|host| match host.strip_prefix("*.") {
        Some(above) => {
            let labels = |host: &str| host.rsplit('.').map(str::to_owned).collect::<Vec<_>>();
            labels(&lower).len() > labels(above).len() && labels(&lower).starts_with(&labels(above))
        }
        None => host == lower,
    });
    let method = written.methods.is_empty() || written.methods.contains(&request.method);
    path && host && method && written.headers.iter().all(|header| request.headers.contains(header))
}

/// Sorts all routes that match and takes the first.
fn reference(written: &[Written], request: &Request) -> Option<RouteId> {
    let mut matching: Vec<_> = written.iter().enumerate().filter(|(_, written)| holds(written, request)).collect();
    matching.sort_by_key(|(position, written)| {
        let (class, segments) = match &written.path {
            WrittenPath::Exact(_) => (0, 0),
            WrittenPath::Prefix(prefix) => (1, prefix.matches('/').count()),
            WrittenPath::Regex(_) => (2, 0),
        };
        let rules =
            usize::from(!written.methods.is_empty()) + usize::from(written.host.is_some()) + written.headers.len();
        (class, Reverse(segments), Reverse(rules), *position)
    });
    matching.first().map(|(position, _)| RouteId(*position as u16))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_table_finds_the_first_of_all_that_match(
        written in prop::collection::vec(written(), 0..30),
        requests in prop::collection::vec(request(), 1..20),
    ) {
        let routes: Vec<_> = written.iter().map(compiled).collect();
        let table = RouteTable::new(&routes);
        for request in &requests {
            prop_assert_eq!(table.find(request), reference(&written, request), "{:?}", request);
        }
    }

    #[test]
    fn an_explanation_names_the_route_that_is_taken(
        written in prop::collection::vec(written(), 0..20),
        request in request(),
    ) {
        let routes: Vec<_> = written.iter().map(compiled).collect();
        let findings = route::explain(&routes, &request);
        prop_assert_eq!(findings.len(), routes.len());
        let found = RouteTable::new(&routes).find(&request);
        for (id, finding) in findings {
            match finding {
                Finding::Taken => prop_assert_eq!(Some(id), found),
                Finding::Shadowed(by) => prop_assert_eq!(Some(by), found),
                Finding::Broken(_) => prop_assert!(!holds(&written[id.index()], &request)),
            }
            prop_assert!(found.is_some() || matches!(finding, Finding::Broken(_)));
        }
    }

    #[test]
    fn no_request_takes_an_unreachable_route(
        written in prop::collection::vec(written(), 0..30),
        requests in prop::collection::vec(request(), 1..30),
    ) {
        let routes: Vec<_> = written.iter().map(compiled).collect();
        let (table, unreachable) = (RouteTable::new(&routes), route::unreachable(&routes));
        for request in &requests {
            let found = table.find(request);
            prop_assert!(unreachable.iter().all(|(id, _)| Some(*id) != found), "{request:?}");
        }
        for (id, by) in unreachable {
            prop_assert!(id != by);
            // What the one matches the other matches as well.
            let lost = |request: &&Request| holds(&written[id.index()], request) && !holds(&written[by.index()], request);
            prop_assert!(requests.iter().find(lost).is_none());
        }
    }

    #[test]
    fn a_route_written_twice_is_unreachable_the_second_time(
        mut written in prop::collection::vec(written(), 0..10),
        twice in written(),
    ) {
        written.insert(0, twice.clone());
        written.push(twice);
        let routes: Vec<_> = written.iter().map(compiled).collect();
        let last = RouteId(written.len() as u16 - 1);
        prop_assert!(route::unreachable(&routes).iter().any(|(id, _)| *id == last));
    }
}
