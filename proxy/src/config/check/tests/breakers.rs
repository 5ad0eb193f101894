//! The rules of breakers and fallbacks.

use std::time::Duration;

use super::{HEAD, ROUTE, UPSTREAM, accepted, said, said_of_route};

#[test]
fn breakers_are_within_reason() {
    let with = |breaker: &str| said(&format!("{HEAD}{ROUTE}{UPSTREAM}[upstreams.b.breaker]\n{breaker}"));
    assert_eq!(with(""), [""; 0]);
    assert_eq!(with("error_ratio = 1\nslow_ratio = 0.25\nprobes = 100\nreturn_over = \"5s\"\nmode = \"off\""), [""; 0]);
    for (line, wanted) in [
        ("window = \"50ms\"", "error: must be at least 100ms"),
        ("error_ratio = 0", "error: upstreams.b.breaker.error_ratio: must be above 0 and up to 1"),
        ("slow_ratio = 1.5", "error: upstreams.b.breaker.slow_ratio: must be above 0 and up to 1"),
        ("probes = 101", "error: upstreams.b.breaker.probes: must be from 1 to 100"),
        ("mode = \"on\"", "error: upstreams.b.breaker.mode: unknown mode `on`"),
        (
            "slow_after = \"10s\"",
            "warning: `slow_after` is not shorter than `attempt_timeout`, so no answer is ever slow",
        ),
    ] {
        assert_eq!(with(line), [wanted], "{line}");
    }
    let blueprint = accepted(&format!("{HEAD}{ROUTE}{UPSTREAM}[upstreams.b.breaker]\nslow_ratio = 0.25\n"));
    assert_eq!(blueprint.upstreams[0].settings.breaker, None);
    let breaker = blueprint.upstreams[1].settings.breaker.expect("a breaker");
    assert_eq!((breaker.min_requests, breaker.probes, breaker.connect_failures), (20, 3, 5));
    assert_eq!((breaker.error_ratio.share(), breaker.slow_ratio.share()), (0.5, 0.25));
    assert_eq!((breaker.window, breaker.open_for), (Duration::from_secs(10), Duration::from_secs(30)));
}

#[test]
fn fallbacks_are_one_thing_and_another_one() {
    let with = |fallback: &str| {
        said_of_route(&format!("match = {{ exact = \"/x\" }}\nupstream = \"a\"\nfallback = {{ {fallback} }}"))
    };
    assert_eq!(with("upstream = \"b\""), [""; 0]);
    assert_eq!(with("status = 200, body = \"[]\""), [""; 0]);
    assert_eq!(with("status = 204"), [""; 0]);
    for (fallback, wanted) in [
        ("", "error: the fallback says nothing"),
        ("upstream = \"b\", status = 200", "error: a fallback has either `upstream` or `status`"),
        ("upstream = \"a\"", "error: the route leads to this upstream already"),
        ("upstream = \"c\"", "error: unknown upstream `c`"),
        ("status = 304, body = \"x\"", "error: a response with the status 304 has no body"),
        ("status = 101", "error: routes.1.fallback.status: must be from 200 to 599"),
    ] {
        assert_eq!(with(fallback), [wanted], "{fallback}");
    }
}
